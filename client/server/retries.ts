import { ApiError } from "../api.js";

/** First wait where the server names none, in milliseconds; doubled on each try. */
const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** What the server did not say: the request may have had its effect. */
const UNKNOWN: string[] = ["unreachable", "timeout", "bad_reply", "reply_too_large"];

/** Waits before the next try: as long as the server says, or longer each time, with a random part. */
export function pause(attempt: number, retryAfterMs: number | undefined): Promise<void> {
  const ownMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  const ms = (retryAfterMs ?? ownMs / 2) + (Math.random() * ownMs) / 2;
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Tries until the call does not fail with a temporary error, at most `tries` times; then it rejects with the last one. What must not
 * be done twice is repeated only where the server says that it has done nothing.
 */
export async function retried<Result>(
  tries: number,
  mayRepeat: boolean,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.temporary || attempt + 1 >= tries) throw error;
      if (!mayRepeat && UNKNOWN.includes(error.code)) throw error;
      await pause(attempt, error.retryAfterMs);
    }
  }
}
