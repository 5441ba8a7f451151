import type { Socket } from "socket.io-client";
import type { Refusal, Schemas, ServerToClientEvents } from "./contract.js";
import type { Lane } from "./lane.js";
import type { ServerLimits } from "./server-limits.js";

export type { Json } from "./contract.js";

/** The stock socket, of which little is used. It stays the app's own: to connect, to authenticate and to close. */
export type RoomSocket = Pick<Socket, "connected" | "on" | "off" | "emit" | "timeout">;
/** A message of a room; `at` is ISO 8601. */
export type Message = Schemas["StoredMessage"];
/** Up to `last` all was handed to the app. Saved together with what the app made of it, it survives a reload. */
export type Position = { epoch: string; last: number };
/** `code` is the server's, such as `invalid`, `too_large` or `forbidden`; or `outbox_full`, `expired`, `closed`. */
export type RoomError = Error & { code: string };
/** All there is in (after, to]. */
export type Batch = Parameters<ServerToClientEvents["messages"]>[0];
/** Something in a room has ended, as its right has. */
export type Closed = Parameters<ServerToClientEvents["room_closed"]>[0];
/** What the server confirms: the numbers of a publish; a page of a room, or that it has to be started afresh. */
export type Success = Batch & { ok: true; live: boolean; reset?: boolean; floor: number; seqs: number[] };
/** Only `temporary: false` says that no repetition helps; a server that does not say it is asked again. */
export type Answer = Success | Refusal;
/** The longest time of a timer; beyond it, it would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
export const DEFAULTS = {
  /** How long to wait for an answer; more than the server's deadline of 15 s. */
  ackTimeoutMs: 20_000,
  /** Unconfirmed messages per room; more reject with `outbox_full`. */
  maxOutbox: 1000,
  /**
   * A message not confirmed by then rejects with `expired`; it may be stored all the same. The server knows an id while it
   * keeps the message, ten minutes at least: one that is repeated later may be stored again, and resolves with its second
   * number. An expiry a minute shorter rules that out. */
  expiryMs: Infinity,
  /** Size of a batch, as JSON, and of a body for a server that does not say what it takes. */
  maxBytes: 60_000,
  /**
   * The wait before a repetition, at least as long as the server has asked for; jittered, so that a crowd does not come back in one
   * instant. */
  pause(failures: number, retryAfterMs = 0): Promise<void> {
    const growingMs = Math.min(5000, 200 * 2 ** failures) * (0.5 + Math.random());
    const waitMs = Math.max(growingMs, retryAfterMs * (1 + Math.random() / 4));
    return new Promise((resume) => setTimeout(resume, Math.min(waitMs, LONGEST_TIMER_MS)));
  },
};
export type Link = typeof DEFAULTS & { socket: RoomSocket; lane: Lane; limits: ServerLimits };
export const roomError = (code: string, text: string): RoomError => Object.assign(new Error(text), { code });

/** Gets a success, or a refusal that no repetition changes, in the tick of its packet. False calls for a pause. */
type Handle = (answer: Answer) => boolean;
type Next = (retry: boolean) => object | false;

/** Makes the `next` request, one at a time, as long as there is one; again after a pause when it got nowhere. */
export function createRepeater(link: Link, event: string, next: Next, handle: Handle) {
  const { socket, lane } = link;
  let busy = false;
  let failures = 0;

  function ask(): boolean {
    const request = socket.connected && next(failures > 0);
    if (!request) {
      busy = false;
      return false;
    }
    const askedAt = performance.now();
    const waitMs = Math.min(link.ackTimeoutMs, LONGEST_TIMER_MS);
    socket.timeout(waitMs).emit(event, request, async (_: unknown, answer?: Answer) => {
      const error = answer?.ok ? undefined : answer?.error;
      if (error?.code === "rate_limited") lane.slow(askedAt, error.retryAfterMs);
      const final = answer && (answer.ok || error?.temporary === false);
      const isDone = final && handle(answer);
      lane.leave();
      if (isDone) failures = 0;
      else await link.pause(failures++, error?.retryAfterMs);
      busy = false;
      run();
    });
    return true;
  }

  function run(): void {
    if (busy || !socket.connected) return;
    busy = true;
    lane.enter(ask);
  }
  return run;
}
