import type { Published } from "../../../contract/published.js";
import { type RateLimit, rateLimited } from "./rate-limit.js";

/** Who pays for a call: a user, or a key. */
export interface Payer {
  readonly limit: RateLimit;
  readonly key: string;
}

/**
 * Charges a call for the messages that it is about to store: their rooms for each of them, and who has called for all but the one
 * that the call itself has taken, if there is anybody.
 * @throws {AppError} `rate_limited` when one of the rooms has none left, or when another batch, which came with this one, has used up what
 * the caller had; then nothing is charged, and nothing is to be stored.
 */
export function chargeMessages(published: readonly Published[], rooms: RateLimit, payer?: Payer): void {
  for (const { room } of published) {
    const waitMs = rooms.waitMs(room);
    if (waitMs > 0) throw rateLimited(waitMs);
  }
  const all = published.reduce((sum, { messages }) => sum + messages, 0);
  if (payer !== undefined && all > 1 && payer.limit.owes(payer.key))
    throw rateLimited(payer.limit.waitMs(payer.key));
  for (const { room, messages } of published) rooms.charge(room, messages);
  if (payer !== undefined && all > 1) payer.limit.charge(payer.key, all - 1);
}
