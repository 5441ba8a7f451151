import { type Answer, ask } from "./ask.js";
import { type Finding, fail, inTime, ok } from "./check.js";

/** Longest look whether Shoal is there at all, in milliseconds. */
const LOOK_MS = 2000;

/**
 * Whether Shoal is known not to be at these addresses of its own: nothing listens there, or something else answers all of them. Silence proves
 * nothing, and neither does what an address gets that asks too often.
 */
export function isElsewhere(addresses: readonly string[]): Promise<boolean> {
  const looks = addresses.map((address) => ask(address).then(isForeign, () => true));
  const all = Promise.all(looks).then((foreign) => foreign.every((one) => one));
  return inTime("the address", all, LOOK_MS).catch(() => false);
}

/** All that Shoal says at an address of its own is JSON, or the first packet of a session. */
function isForeign({ status, json, text }: Answer): boolean {
  return status !== 429 && json === undefined && !text.startsWith("0{");
}

/**
 * A look through proxies. Where Shoal is not behind them at all, the check of the public address says so: what others miss there says nothing of
 * what they look at, and what they advise would mend nothing.
 */
export async function lookBehind(
  look: () => Promise<Finding>,
  isAway: () => Promise<boolean>,
): Promise<Finding> {
  try {
    const finding = await look();
    if (finding.status !== "fail" || !(await isAway())) return finding;
  } catch (error) {
    if (!(await isAway())) throw error;
  }
  return ok("could not be looked at: see the check of public address");
}

/** What it means that nothing answers there. */
export function unreachable(url: string, error: unknown): Finding {
  const { message } = error instanceof Error ? error : new Error(String(error));
  // OpenSSL's own words are a place in its source.
  if (/wrong version number/i.test(message))
    return fail(`${url} does not speak TLS`, "end TLS in the proxy, or ask with http://");
  return fail(
    `${url} cannot be reached: ${message.replaceAll(/\s+/g, " ")}`,
    "look whether the address is right, and whether the proxy listens there",
  );
}
