import type { Config } from "../../engine/config/config.js";
import { type Answer, ask } from "./ask.js";
import { type Check, type Finding, fail, ok, once, warn } from "./check.js";
import { isElsewhere, lookBehind, unreachable } from "./elsewhere.js";
import { limitedFinding } from "./limited.js";
import { authorizationFinding, cacheFinding, codeOf, corsProblem } from "./proxy-answers.js";
import { idleFinding, messageFinding, upgradeFinding } from "./web-socket-probe.js";

const SEE = "docs/runbook.md#certificates-and-the-edge";
const EDGE = "docs/deploying.md, and nginx/ for one that works";
/** Requests of one polling session, each on a connection of its own: enough to meet another instance where there is one. */
const POLLS = 8;
/** The server ends after 10 s a session that nobody has entered. */
const SESSION_MS = 8000;
const DAY_MS = 86_400_000;
const RENEWAL_DAYS = 14;
/** BODY_LIMIT_BYTES and MESSAGE_LIMIT_BYTES where the configuration cannot be read, and the most that is sent. */
const PRESET_BYTES = { body: 102_400, message: 65_536 } as const;
const MOST_BYTES = 4_194_304;

export interface ProxyParts {
  /** The public address, without a slash at its end. */
  readonly url: string;
  readonly idleMs: number;
  readonly config: Config | undefined;
  /** Of a user, where the server wants one. */
  readonly token: string | undefined;
}

/** What only a look from outside shows: whether the proxies in front let through what Shoal needs. */
export function proxyChecks(parts: ProxyParts): Check[] {
  const { url, config } = parts;
  const looks: Readonly<Record<string, () => Promise<Finding>>> = {
    upgrade: () => upgradeFinding(url),
    polling: () => pollingFinding(url),
    headers: () => headersFinding(url),
    authorization: () => authorizationFinding(url),
    cache: () => cacheFinding(url),
    "body size": () => bodyFinding(url, bytesOf(config?.limits.bodyBytes ?? PRESET_BYTES.body)),
    "message size": () => {
      const limitBytes = config?.limits.messageBytes;
      return messageFinding(url, bytesOf(limitBytes ?? PRESET_BYTES.message), limitBytes !== undefined);
    },
    idle: () => idleFinding(parts),
  };
  const isAway = once(() => isElsewhere([`${url}/health`, engineUrl(url, "polling")]));
  const behind = Object.entries(looks).map(([name, look]) => ({
    ...{ name, see: SEE },
    run: () => lookBehind(look, isAway),
  }));
  const address = () => addressFinding(url).catch((error: unknown) => unreachable(url, error));
  return [{ name: "public address", see: SEE, run: address }, ...behind];
}

const bytesOf = (limitBytes: number): number => Math.min(limitBytes, MOST_BYTES);

/** The address of Engine.IO there. */
export function engineUrl(url: string, transport: string): string {
  return `${url}/socket.io/?EIO=4&transport=${transport}`;
}

async function addressFinding(url: string): Promise<Finding> {
  const answer = await ask(`${url}/health`);
  const { status, json, certificateUntil } = answer;
  if (typeof json?.instance !== "string")
    return (
      limitedFinding(`${url}/health is not answered by Shoal`, answer) ??
      fail(
        `${url}/health is answered with status ${status}, and not by Shoal`,
        "let the proxy pass on the whole site, and look whether it reaches an instance",
      )
    );
  const line = `${url} leads to the instance ${json.instance.slice(0, 64)}, which says ${json.status}`;
  if (json.status !== "ok") return warn(line, "look at the checks mongodb and redis");
  if (certificateUntil === undefined) {
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
    return isLocal
      ? ok(line)
      : warn(`${line}; without TLS everybody on the way reads tokens`, "end TLS in the proxy");
  }
  const days = Math.floor((certificateUntil.getTime() - Date.now()) / DAY_MS);
  const dated = `${line}; its certificate is valid for ${days} days`;
  return days < RENEWAL_DAYS ? warn(dated, "renew it, and look why that was not done by itself") : ok(dated);
}

/** A session that polls lives in one worker of one instance: each of its requests has to get there. */
async function pollingFinding(url: string): Promise<Finding> {
  const opened = await ask(engineUrl(url, "polling"));
  const sid = sidIn(opened);
  if (sid === undefined)
    return (
      limitedFinding("a polling session is not opened", opened) ??
      fail(`a polling session is not opened: ${seen(opened)}`, `compare with ${EDGE}`)
    );
  const session = `${engineUrl(url, "polling")}&sid=${encodeURIComponent(sid)}`;
  const post = (body: string) =>
    ask(session, { method: "POST", headers: { "Content-Type": "text/plain" }, body });
  const lost: Answer[] = [];
  const untilMs = performance.now() + SESSION_MS;
  let polls = 0;
  for (; polls < POLLS && performance.now() < untilMs; polls += 1) {
    const answer = await post("6"); // Engine.IO's noop
    if (answer.status !== 200 && performance.now() < untilMs) lost.push(answer);
  }
  await post("1").catch(() => {});
  const [first] = lost;
  if (first === undefined) return ok(`${polls} requests on connections of their own reached their session`);
  const line = `${lost.length} of ${polls} requests did not reach their polling session`;
  return (
    limitedFinding(line, first) ??
    fail(
      `${line}: ${seen(first)}`,
      "give the proxy affinity (nginx/conf.d/maps.conf), or each instance a PEER_URL",
    )
  );
}

/** A page of the service's own origin is known by its Host, which a proxy must not replace. */
async function headersFinding(url: string): Promise<Finding> {
  const { origin } = new URL(url);
  const headers = { Origin: origin };
  const answer = await ask(engineUrl(url, "polling"), { headers });
  if (sidIn(answer) === undefined)
    return (
      limitedFinding(`whether pages of ${origin} are let in could not be looked at`, answer) ??
      fail(
        `pages of ${origin} are not let in: ${seen(answer)}`,
        "let the proxy pass on Host and X-Forwarded-Proto as they came, and compare ALLOWED_HOSTS and CORS_ORIGIN",
      )
    );
  const health = await ask(`${url}/health`, { headers });
  const isOurs = typeof health.json?.instance === "string"; // otherwise the proxy keeps it to itself
  return (
    corsProblem(isOurs ? [answer, health] : [answer]) ??
    ok(`Host and Origin come through: pages of ${origin} are let in`)
  );
}

/** A body that the server takes, refused for want of a user: only a proxy refuses it for its size. */
async function bodyFinding(url: string, limitBytes: number): Promise<Finding> {
  const body = JSON.stringify({ id: "doctor", body: "x".repeat(Math.max(0, limitBytes - 64)) });
  const headers = { "Content-Type": "application/json" };
  const answer = await ask(`${url}/rooms/doctor/messages`, { method: "POST", headers, body });
  const isOurs = typeof codeOf(answer.json) === "string";
  if (isOurs && answer.status !== 413) return ok(`bodies of ${body.length} bytes come through`);
  const line = `a body of ${body.length} bytes, which BODY_LIMIT_BYTES allows, does not come through`;
  return (
    limitedFinding(line, answer) ??
    fail(`${line}: ${seen(answer)}`, "raise the proxy's limit (client_max_body_size) above BODY_LIMIT_BYTES")
  );
}

/** The session id of Engine.IO's first packet. */
function sidIn({ status, text }: Answer): string | undefined {
  return status === 200 ? /^0\{"sid":"([^"]+)"/.exec(text)?.[1] : undefined;
}

function seen({ status, text }: Answer): string {
  return `status ${status} ${JSON.stringify(text.slice(0, 80))}`;
}
