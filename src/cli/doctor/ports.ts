import type { Config } from "../../engine/config/config.js";
import { createPortProbe } from "../../engine/process/listener.js";
import { StartError } from "../../engine/process/start-error.js";
import { type Answer, ask, localUrl } from "./ask.js";
import { type Check, type Finding, fail, ok, warn } from "./check.js";

const SEE = "docs/runbook.md#an-instance-does-not-start";

/** Whether the ports can be had, or a Shoal has them already, and how that one is. */
export function portChecks({ host, port, admin }: Config): Check[] {
  return [
    {
      name: "port",
      see: SEE,
      run: () => portFinding("PORT", host, port, "/health", healthOf),
    },
    {
      name: "admin port",
      see: SEE,
      run: () => portFinding("ADMIN_PORT", admin.host, admin.port, "/readyz", readinessOf),
    },
  ];
}

/** What an answer says of the instance; undefined when it is none of Shoal. */
type Read = (body: Readonly<Record<string, unknown>>, where: string) => Finding | undefined;

async function portFinding(
  variable: string,
  host: string,
  port: number,
  path: string,
  read: Read,
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
  const answer = await ask(localUrl(host, port, path)).catch(() => undefined);
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
  const line = `${where} is taken by the Shoal instance ${instance.slice(0, 64)}, which says ${status} (MongoDB ${mongo}, Redis ${redis})`;
  if (status === "ok") return ok(line);
  return status === "degraded"
    ? warn(line, "look at the check of redis")
    : fail(line, "look at the check of mongodb");
}

function readinessOf(body: Readonly<Record<string, unknown>>, where: string): Finding | undefined {
  if (typeof body.status !== "string") return undefined;
  const line = `${where} is taken by a Shoal that says ${body.status}`;
  return body.status === "ready" ? ok(line) : warn(line, "wait, or look at the instance's log");
}
