import type { Logger } from "../process/logger.js";

/** Replies that pass by themselves: Redis starts, fails over, is too busy or has no room. */
const PASSING =
  /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|UNBLOCKED|ERR max number of clients)/;
/** Replies to what writes. To `MISCONF` PING belongs, too, although channels, all that is used here, go on working. */
const TO_WRITES = /^(READONLY|OOM|MISCONF|NOREPLICAS)/;
/** What Redis answered, where a client of sentinels only quotes it. */
const QUOTED = /\b(NOAUTH|WRONGPASS|NOPERM)\b.*/;

/** What Redis answered for good, such as `NOPERM ...`; undefined for an outage and for a reply that passes by itself. */
export function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // The last answer of a cluster's nodes, of which none could be used.
  if ("lastNodeError" in error && error.lastNodeError instanceof Error) return refusalIn(error.lastNodeError);
  const reply = replyIn(error);
  if (reply !== undefined) return PASSING.test(reply) ? undefined : reply;
  return QUOTED.exec(error.message)?.[0];
}

/** Whether Redis answered with a reply that passes by itself. */
export function passes(error: unknown): boolean {
  return PASSING.test(replyIn(error) ?? "");
}

/** Whether Redis answered with a reply that says nothing about its channels. */
export function concernsWrites(error: unknown): boolean {
  return TO_WRITES.test(replyIn(error) ?? "");
}

/** What Redis itself answered; undefined where it was not asked, or did not answer. */
function replyIn(error: unknown): string | undefined {
  return error instanceof Error && error.name === "ReplyError" ? error.message : undefined;
}

/** The current refusals of Redis. A refusal stands until the same thing is granted; each reason is logged once. */
export interface Refusals {
  add(what: string, reason: string): void;
  /** `what` was granted, or is not requested. */
  clear(what: string): void;
  /** Code of one that stands, such as `NOPERM`, without what else Redis tells; undefined: nothing is refused. */
  current(): string | undefined;
}

export function createRefusals(address: string, log: Logger): Refusals {
  const standing = new Map<string, string>();

  return {
    add(what, reason) {
      const isKnown = [...standing.values()].includes(reason);
      standing.set(what, reason);
      if (isKnown) return;
      log.error({ redis: address, refused: what, reason }, "redis refuses; this does not pass by itself");
    },
    clear(what) {
      if (standing.delete(what) && standing.size === 0)
        log.info({ redis: address }, "redis refuses nothing now");
    },
    current() {
      const [reason] = standing.values();
      return reason?.split(" ", 1)[0];
    },
  };
}
