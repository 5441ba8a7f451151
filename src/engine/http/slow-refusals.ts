import type { Socket } from "node:net";
import { createRateBuckets } from "../trust/limits/rate-buckets.js";

/** Refusals of an address that are answered at once: as many as close a connection for its events, and then four a second. */
const AT_ONCE = { perSecond: 4, burst: 20 };
/** How long each further one waits, in milliseconds. */
const WAIT_MS = 1000;
/** Answers that may wait at a time, of an address and of all. What is beyond is answered at once: who waits holds a descriptor. */
const MOST_OF_ADDRESS = 64;
const MOST = 1024;

/** Answers an address that goes on asking although it is told to wait more slowly, so that it asks less. */
export interface SlowRefusals {
  /**
   * Calls `answer`, at once or a second later, with whether it has waited: then it is to be the connection's last one, and what else
   * comes on the connection is not answered. Never calls it for a connection that has ended meanwhile.
   */
  refuse(address: string, socket: Socket, answer: (hasWaited: boolean) => void): void;
}

/** `now` is in milliseconds. */
export function createSlowRefusals(now: () => number): SlowRefusals {
  const atOnce = createRateBuckets(AT_ONCE, now);
  const waiting = new Map<Socket, NodeJS.Timeout>();
  const byAddress = new Map<string, number>();

  function wait(address: string, socket: Socket, answer: (hasWaited: boolean) => void): void {
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    waiting.set(
      socket,
      setTimeout(() => answer(true), WAIT_MS),
    );
    socket.once("close", () => {
      clearTimeout(waiting.get(socket));
      waiting.delete(socket);
      const left = (byAddress.get(address) ?? 0) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    });
  }

  return {
    refuse(address, socket, answer) {
      if (waiting.has(socket)) return; // sent without waiting for the answer before
      const isFull = waiting.size >= MOST || (byAddress.get(address) ?? 0) >= MOST_OF_ADDRESS;
      if (atOnce.take(address) === 0 || isFull) answer(false);
      else if (!socket.destroyed) wait(address, socket, answer);
    },
  };
}
