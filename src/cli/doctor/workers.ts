import type { Config } from "../../engine/config/config.js";
import { ask, localUrl } from "./ask.js";
import { type Check, type Finding, fail, ok, warn } from "./check.js";

/** Part of its open files above which a process is soon out of them: at 95 %, or 64 before the end, it refuses connections. */
const SCARCE_SHARE = 0.75;
/** A slot whose workers have ended so often is told of, until the newest has lived for so long. */
const MANY_ENDS = 3;
const SETTLED_AFTER_S = 600;
/** An instance of many workers tells that much. */
const METRICS_BYTES = 16 * 1024 * 1024;

/** How the workers of the instance are that runs here: the port's answer is that of one of them. */
export function workersCheck({ admin }: Config): Check {
  return {
    name: "workers",
    see: "docs/runbook.md#one-worker-is-hot-or-blocked",
    async run() {
      if (admin.port === 0) return ok("not asked: ADMIN_PORT is 0, so nobody knows where");
      try {
        const url = localUrl(admin.host, admin.port, "/metrics");
        const { text } = await ask(url, { mostBytes: METRICS_BYTES });
        return workersFinding(text, Date.now());
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "ECONNREFUSED") return ok("no instance runs here");
        return warn(
          `the private port does not answer: ${code ?? message}`,
          "look at the log of the instance",
        );
      }
    },
  };
}

/** What the metrics of an instance tell of its workers at this time, in milliseconds since 1970. */
export function workersFinding(metrics: string, nowMs: number): Finding {
  const up = seriesOf(metrics, "realtime_worker_up");
  if (up.size === 0) return ok("no instance runs here");
  const silent = [...up].flatMap(([worker, value]) => (value === 0 ? [worker] : []));
  if (silent.length > 0) {
    return fail(
      `no answer of worker ${silent.join(", ")} of ${up.size}: it hangs, or is about to start`,
      "look again; if it stays so, end the process that log: `worker does not answer` names",
    );
  }
  const most = seriesOf(metrics, "process_max_fds");
  const short = [...seriesOf(metrics, "process_open_fds")].flatMap(([process, open]) => {
    const limit = most.get(process) ?? Number.POSITIVE_INFINITY;
    return open > limit * SCARCE_SHARE
      ? [`${process === "primary" ? "the primary" : `worker ${process}`} has ${open} of ${limit} open files`]
      : [];
  });
  if (short.length > 0) {
    return warn(
      `all answer, and ${short.join(", ")}: without any left, clients get 503`,
      "raise the limit of open files (ulimit -n, nofile of the container) of the instance, or add instances",
      "docs/runbook.md#handshakes-are-refused",
    );
  }
  const answering = `all ${up.size} answer${limitIn(most)}`;
  const restarts = seriesOf(metrics, "realtime_worker_restarts_total");
  const started = seriesOf(metrics, "process_start_time_seconds");
  const unsettled = [...seriesOf(metrics, "realtime_worker_ends_total")].flatMap(([worker, times]) => {
    const ageS = Math.round(nowMs / 1000 - (started.get(worker) ?? 0));
    const isSettled = times < MANY_ENDS || ageS > SETTLED_AFTER_S;
    return isSettled
      ? []
      : [`worker ${worker} has ended ${times} times; the present one started ${ageS} s ago`];
  });
  if (unsettled.length > 0) {
    return warn(
      `${answering}; ${unsettled.join("; ")}`,
      "look for log: `worker ended`, whose `kind` and `reason` say why",
      "docs/runbook.md#workers-crash-again-and-again",
    );
  }
  const sum = [...restarts.values()].reduce((total, one) => total + one, 0);
  return ok(`${answering}; ${sum} were replaced since the start`);
}

/** How many open files a worker may have, of several the least; the primary holds no connections. Empty where that is not told. */
function limitIn(most: ReadonlyMap<string, number>): string {
  const ofWorkers = [...most].flatMap(([process, limit]) => (process === "primary" ? [] : [limit]));
  return ofWorkers.length === 0 ? "" : `, and may have ${Math.min(...ofWorkers)} open files each`;
}

/** The values of a metric by process: `primary`, or the number of the worker. */
function seriesOf(metrics: string, name: string): ReadonlyMap<string, number> {
  const lines = metrics.matchAll(new RegExp(`^${name}\\{worker="([^"]+)"\\} (\\S+)$`, "gm"));
  return new Map([...lines].map(([, worker = "", value]) => [worker, Number(value)]));
}
