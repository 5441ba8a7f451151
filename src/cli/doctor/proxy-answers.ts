import { setTimeout as pause } from "node:timers/promises";
import { type Answer, ask } from "./ask.js";
import { type Finding, fail, ok, warn } from "./check.js";
import { limitedFinding } from "./limited.js";

/** The server gives a report of its health again for a second at most. */
const NEW_REPORT_MS = 1100;
/** Of the form of a user's token, and no key: the server says so of it, and of no token something else. */
const MADE_UP = "Bearer made.up.token";

/** Who presents a key, and who presents a token over HTTP, does it by a header that proxies like to keep to themselves. */
export async function authorizationFinding(url: string): Promise<Finding> {
  const asked = (headers: Record<string, string>) => ask(`${url}/v1/key`, { headers });
  const answers = await Promise.all([asked({}), asked({ Authorization: MADE_UP })]);
  for (const answer of answers) {
    const limited = limitedFinding("whether Authorization arrives could not be looked at", answer);
    if (limited !== undefined) return limited;
  }
  if (answers.some(({ json }) => codeOf(json) !== "unauthenticated"))
    return ok("could not be looked at: the proxy does not let /v1/key through");
  const [without, withOne] = answers.map(({ text }) => text);
  if (without !== withOne) return ok("Authorization comes through");
  return fail(
    "Authorization does not arrive: keys, and tokens over HTTP, are refused whatever they are",
    "let the proxy pass on Authorization as it came",
  );
}

/** A cache gives one user what another one has asked for, and tells of a health that is over. */
export async function cacheFinding(url: string): Promise<Finding> {
  const look = (id: string) => ask(`${url}/health`, { headers: { "X-Request-Id": id } });
  const first = await look("doctor-1");
  const second = await look("doctor-2"); // a cache may keep things for a second only
  await pause(NEW_REPORT_MS);
  const third = await look("doctor-3");
  if (first.json?.time === undefined) return ok("could not be looked at: see the check of public address");
  const id = first.headers["x-request-id"];
  const isKept =
    (id !== undefined && id === second.headers["x-request-id"]) || first.json.time === third.json?.time;
  const advice = "let the proxy keep no answers but of files, or obey Cache-Control";
  if (isKept) return fail("an answer is given again from a cache, whoever asks", advice);
  const told = third.headers["cache-control"] ?? "";
  if (told.includes("no-store")) return ok("each answer is a new one, and says that it is not to be kept");
  return warn(`each answer is a new one, but its Cache-Control is "${told}" and not "no-store"`, advice);
}

/** What is wrong with these answers to a page that is let in, for pages of other origins; undefined when nothing is. */
export function corsProblem(answers: readonly Answer[]): Finding | undefined {
  const advice = "let the proxy neither add nor take away Access-Control headers: CORS_ORIGIN decides";
  for (const { headers } of answers) {
    const allowed = headers["access-control-allow-origin"];
    const credentials = headers["access-control-allow-credentials"] ?? "";
    const of = "Access-Control-Allow-Origin of answers";
    if (allowed === undefined)
      return fail(`${of} is missing: pages of other origins cannot read them`, advice);
    if (`${allowed}${credentials}`.includes(","))
      return fail(`${of} has more than one value (${allowed}): browsers take none of them`, advice);
    if (allowed === "*" && credentials !== "")
      return fail(`${of} is "*", beside Access-Control-Allow-Credentials: browsers do not take it`, advice);
  }
  return undefined;
}

/** The code of an error of the service; undefined of what is none, or not the service's. */
export function codeOf(json: Answer["json"]): unknown {
  return (json?.error as { code?: unknown } | undefined)?.code;
}
