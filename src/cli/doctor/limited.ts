import type { Answer } from "./ask.js";
import { type Finding, fail } from "./check.js";

/** What is known of an answer, that to an upgrade included. */
export type Refused = Pick<Answer, "status" | "headers">;

/** Of an answer that an address gets which asks too often, and which says nothing of what was looked at; undefined of any other. */
export function limitedFinding(what: string, { status, headers }: Refused): Finding | undefined {
  if (status !== 429) return undefined;
  const line = `${what}: status 429: the address that asks`;
  // By this header Shoal names its rate; a proxy in front has limits of its own.
  if (headers["ratelimit-policy"] === undefined)
    return fail(
      `${line} is over a limit of the proxy`,
      "if that is the address of a load balancer, tell the proxy (set_real_ip_from); otherwise look again later, or raise its limit (limit_req, limit_conn)",
    );
  return fail(
    `${line} is over RATE_IP_HANDSHAKES or RATE_IP_REQUESTS`,
    "behind a proxy set TRUST_PROXY, or all clients share one rate; where many people share an address raise the rate; otherwise look again later",
    "docs/runbook.md#clients-are-over-their-limits",
  );
}
