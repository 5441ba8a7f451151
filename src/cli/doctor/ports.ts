import type { Config } from "../../engine/config/config.js";
import { createPortProbe } from "../../engine/process/listener.js";
import { StartError } from "../../engine/process/start-error.js";
import { type Answer, ask, localUrl } from "./ask.js";
import { type Check, type Finding, fail, inTime, ok, warn } from "./check.js";

const SEE = "docs/runbook.md#an-instance-does-not-start";
const HANGS = "docs/runbook.md#one-worker-is-hot-or-blocked";
const TOKENS = "docs/runbook.md#tokens-cannot-be-decided";
/** What an instance says of what it works with, what that is when all is well, and where to look otherwise. */
const PARTS = [
  { field: "mongo", well: ["up"], check: "mongodb", see: "docs/runbook.md#mongodb-is-lost" },
  { field: "redis", well: ["up", "off"], check: "redis", see: "docs/runbook.md#redis-is-lost" },
  { field: "tokenKeys", well: ["fresh", "off"], check: "token keys", see: TOKENS },
  { field: "revocations", well: ["fresh", "off"], check: "mongodb", see: TOKENS },
];
const TOKEN_PARTS = ["tokenKeys", "revocations"];

/** Whether the ports can be had, or a Shoal has them already, and how that one is. */
export function portChecks({ host, port, admin }: Config, patienceMs: number): Check[] {
  return [
    {
      name: "port",
      see: SEE,
      run: () => portFinding("PORT", { host, port }, HEALTH, patienceMs),
    },
    {
      name: "admin port",
      see: SEE,
      run: () => portFinding("ADMIN_PORT", admin, READINESS, patienceMs),
    },
  ];
}

/** What an answer says of the instance; undefined when it is none of Shoal. */
type Read = (body: Readonly<Record<string, unknown>>, where: string) => Finding | undefined;

/** What is asked at a port, how the answer is read, and what to do where there is none, with the section about that. */
interface Question {
  readonly path: string;
  readonly read: Read;
  readonly onHang: readonly [advice: string, see: string];
}

const HEALTH: Question = {
  path: "/health",
  read: healthOf,
  onHang: ["look at the check of workers: a worker that hangs is asked now and then", HANGS],
};
/** The first process answers this by itself. */
const READINESS: Question = {
  path: "/readyz",
  read: readinessOf,
  onHang: ["its first process hangs: keep its log, end it with kill -KILL, and start it again", SEE],
};

async function portFinding(
  variable: string,
  { host, port }: { readonly host: string; readonly port: number },
  { path, read, onHang }: Question,
  patienceMs: number,
): Promise<Finding> {
  if (port === 0) return ok(`${variable} is 0: a free one is taken at the start`);
  const where = `${variable} ${port} on ${host}`;
  try {
    await createPortProbe(host, port).start();
    return ok(`${where} is free`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (!/already in use/.test(error.message))
      return fail(error.message, `give ${variable} or its host another value`);
  }
  const asked = ask(localUrl(host, port, path)).catch(() => undefined);
  const answer = await inTime(`${where} is taken, and`, asked, patienceMs).catch((error: Error) => error);
  if (answer instanceof Error) return fail(answer.message, ...onHang);
  if (answer !== undefined && saysNoRoom(answer)) {
    return fail(
      `${where} answers 503 as a Shoal does that can take no connection: its workers are out of open files, or start, or hang`,
      "look at the checks of workers and descriptors, and at the log; do not end it for that",
    );
  }
  return (
    (answer?.json === undefined ? undefined : read(answer.json, where)) ??
    fail(`${where} is taken, and not by Shoal`, "end what listens there, or take another port")
  );
}

/** What a process sends that has no room for a connection, unread. */
function saysNoRoom({ status, headers, text }: Answer): boolean {
  return status === 503 && text === "" && headers["retry-after"] === "2";
}

function healthOf(body: Readonly<Record<string, unknown>>, where: string): Finding | undefined {
  const { status, instance, mongo, redis } = body;
  if (typeof instance !== "string" || typeof status !== "string") return undefined;
  const [wrong] = PARTS.filter(({ field, well }) => field in body && !well.includes(String(body[field])));
  const states = [
    `MongoDB ${mongo}`,
    `Redis ${redis}`,
    ...TOKEN_PARTS.flatMap((field) => staleIn(body, field)),
  ];
  const line = `${where} is taken by the Shoal instance ${instance.slice(0, 64)}, which says ${status} (${states.join(", ")})`;
  if (status === "ok") return ok(line);
  const finding = status === "degraded" ? warn : fail;
  return wrong === undefined
    ? finding(line, "look at the other checks")
    : finding(line, `look at the check of ${wrong.check}`, wrong.see);
}

const staleIn = (body: Readonly<Record<string, unknown>>, field: string): string[] =>
  body[field] === "stale" ? [`${field} stale`] : [];

function readinessOf(body: Readonly<Record<string, unknown>>, where: string): Finding | undefined {
  if (typeof body.status !== "string") return undefined;
  const line = `${where} is taken by a Shoal that says ${body.status}`;
  return body.status === "ready" ? ok(line) : warn(line, "wait, or look at the instance's log");
}
