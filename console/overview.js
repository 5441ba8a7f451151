import { createCharts } from "./charts.js";
import { announce, el, problemLine, state, table } from "./dom.js";
import { ago, count, megabytes, milliseconds, rate, time } from "./format.js";
import { HAPPENINGS, SILENT_SECTION, STORES } from "./meanings.js";
import { poll } from "./poll.js";
import { renewChildren, say } from "./renew.js";

const EVERY_MS = 5000;
/** The instance answers at once, unless a worker was asked that hangs; by then that is known, and another one is asked. */
const HERE_WITHIN_MS = 4000;
/** Samples of an hour, and somewhat more. */
const MOST_SAMPLES = 400;

const LEVELS = { ready: "ok", starting: "warn", leaving: "warn" };

/** The instance of this port with its workers, what happened to them, charts of an hour, the stores, and the other instances. */
export function overview({ place, api, heard }) {
  const title = el("h1", {}, "Overview");
  const stores = el("ul", { class: "stores" });
  const workers = el("div");
  const charts = createCharts();
  const happened = el("ol", { class: "happenings" });
  const others = el("div");
  const problem = problemLine();
  place.append(
    title,
    stores,
    el("h2", {}, "Workers of this instance"),
    workers,
    el("h2", {}, "The last hour"),
    charts.node,
    el("h2", {}, "What happened"),
    happened,
    el("h2", {}, "All instances"),
    problem,
    others,
  );
  let samples = [];
  let newest = "";

  async function lookHere() {
    const after = samples.at(-1)?.at;
    const found = await api.get("instance", { after }, { timeoutMs: HERE_WITHIN_MS });
    heard();
    samples = [...(after === undefined ? [] : samples), ...found.samples].slice(-MOST_SAMPLES);
    renewChildren(
      title,
      "Overview ",
      el("small", {}, `of ${found.instance}, up ${ago(found.since, api.nowMs())}`),
    );
    showStores(stores, found.stores);
    renewChildren(workers, workersTable(found.workers, api.nowMs()));
    charts.show(samples);
    showHappenings(happened, found.happenings);
    const [last] = found.happenings;
    const said = last === undefined ? "" : `${last.at} ${sentence(last)}`;
    if (newest !== "" && said !== newest) announce(sentence(last));
    newest = said;
  }

  async function lookEverywhere() {
    const { workers: all, missing } = await api.get("instances").catch((error) => {
      say(problem, `The other instances cannot be asked: ${error.message}.`);
      return { workers: [], missing: undefined };
    });
    if (missing === undefined) return;
    const without = `Without ${count(missing)} ${missing === 1 ? "worker" : "workers"}: no answer in time. `;
    const link = () => el("a", { href: "#/runbook/one-worker-is-hot-or-blocked" }, "Runbook");
    renewChildren(problem, ...(missing === 0 ? [] : [without, link()]));
    renewChildren(others, instancesTable(all));
  }

  // Apart: the question to all instances takes up to 7 s.
  const tellLost = (error) => {
    heard(error);
    throw error;
  };
  const pollings = [poll(EVERY_MS, () => lookHere().catch(tellLost)), poll(EVERY_MS, lookEverywhere)];
  return () => {
    for (const polling of pollings) polling.stop();
    charts.end();
  };
}

function showStores(list, found) {
  const lines = Object.entries(found).map(([name, value]) => {
    const [level, meaning, section] = STORES[name][value];
    return el(
      "li",
      { "data-store": name, "data-row": name },
      state(level, name === "mongo" ? "MongoDB" : "Redis"),
      el(
        "span",
        {},
        `${meaning} `,
        section === undefined ? "" : el("a", { href: `#/runbook/${section}` }, "Runbook"),
      ),
    );
  });
  renewChildren(list, ...lines);
}

function workersTable(workers, nowMs) {
  const number = (text) => ({ text, number: true });
  const heads = [
    ...["worker", "state"],
    ...["pid", "connections", "events in/s", "events out/s", "publishes/s", "lag", "memory", "replaced"].map(
      number,
    ),
  ];
  const measured = ({ load }, part, format) => (load === undefined ? "–" : format(load[part]));
  return table(
    "Workers of this instance",
    heads,
    workers.map((worker) => [
      worker.worker,
      worker.isSilent
        ? el(
            "span",
            {},
            ...[state("bad", "no answer"), " "],
            el("a", { href: `#/runbook/${SILENT_SECTION}` }, "Runbook"),
          )
        : state(LEVELS[worker.state], `${worker.state} ${ago(worker.since, nowMs)}`),
      worker.pid,
      measured(worker, "connections", count),
      measured(worker, "eventsIn", rate),
      measured(worker, "eventsOut", rate),
      measured(worker, "publishes", rate),
      measured(worker, "lagMs", milliseconds),
      measured(worker, "memoryBytes", megabytes),
      worker.restarts,
    ]),
  );
}

function sentence({ what, worker, detail }) {
  const [, words] = HAPPENINGS[what];
  return `${worker === undefined ? "" : `worker ${worker} `}${words}${detail === undefined ? "" : `: ${detail}`}`;
}

function showHappenings(list, happenings) {
  const lines = happenings.map((one) => {
    const [level, , section] = HAPPENINGS[one.what];
    const link = section === undefined ? "" : el("a", { href: `#/runbook/${section}` }, "Runbook");
    const row = `${one.at} ${one.what} ${one.worker}`;
    return el(
      "li",
      { "data-row": row },
      el("time", { datetime: one.at }, time(one.at)),
      state(level, sentence(one)),
      link,
    );
  });
  renewChildren(
    list,
    ...(lines.length === 0 ? [el("li", { class: "empty" }, "Nothing since the start.")] : lines),
  );
}

function instancesTable(workers) {
  const rows = [...byInstance(workers)].map(([instance, those]) => [
    instance,
    those.length,
    count(those.reduce((sum, { connections }) => sum + connections, 0)),
    milliseconds(Math.max(...those.map(({ lagMs }) => lagMs))),
    megabytes(those.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)),
  ]);
  const heads = ["workers", "connections", "most lag", "memory"].map((text) => ({ text, number: true }));
  return table("All instances", [{ text: "instance", isName: true }, ...heads], rows);
}

/** Not every browser has Map.groupBy. */
function byInstance(workers) {
  const groups = new Map();
  for (const worker of workers) groups.set(worker.instance, [...(groups.get(worker.instance) ?? []), worker]);
  return groups;
}
