import type { Socket } from "node:net";
import { createRateBuckets } from "../trust/limits/rate-buckets.js";
import type { Delays } from "./delays.js";

/** Refusals of an address that are answered at once: as many as close a connection for its events, and then four a second. */
const AT_ONCE = { perSecond: 4, burst: 20 };
/** How long each further one waits, in milliseconds: not all as long, or those that were refused together would come again together. */
const WAIT_MS = { least: 1000, most: 2000 };
/** Answers that may wait at a time, of an address and of all. What is beyond is answered at once: who waits holds a descriptor. */
const MOST_OF_ADDRESS = 64;
const MOST = 1024;

/** Answers an address that goes on asking although it is told to wait more slowly, so that it asks less. */
export interface SlowRefusals {
  /**
   * Calls `answer`, at once or one to two seconds later, with whether it has waited: then it is to be the connection's last one, and what else
   * comes on the connection is not answered. Never calls it for a connection that has ended meanwhile.
   */
  refuse(address: string, socket: Socket, answer: (hasWaited: boolean) => void): void;
  /** Whether an answer of this address waits. */
  isWaiting(address: string): boolean;
}

/** `now` is in milliseconds. */
export function createSlowRefusals(delays: Delays, now: () => number): SlowRefusals {
  const atOnce = createRateBuckets(AT_ONCE, now);
  /** Connections whose last answer waits, or was given. */
  const ending = new WeakSet<Socket>();
  const byAddress = new Map<string, number>();
  let waiting = 0;

  function wait(address: string, socket: Socket, answer: (hasWaited: boolean) => void): void {
    ending.add(socket);
    waiting += 1;
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    const callOff = delays.after(WAIT_MS.least + Math.random() * (WAIT_MS.most - WAIT_MS.least), () => {
      leave();
      answer(true);
    });
    // Not at the end of the connection only: while the rest of a body comes, or the client does not close, it stays open.
    function leave(): void {
      callOff();
      socket.off("close", leave);
      waiting -= 1;
      const left = (byAddress.get(address) ?? 0) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    }
    socket.once("close", leave);
  }

  return {
    refuse(address, socket, answer) {
      if (ending.has(socket)) return; // sent without waiting for the answer before
      const isFull = waiting >= MOST || (byAddress.get(address) ?? 0) >= MOST_OF_ADDRESS;
      if (atOnce.take(address) === 0 || isFull || delays.haveEnded()) answer(false);
      else if (!socket.destroyed) wait(address, socket, answer);
    },
    isWaiting: (address) => byAddress.has(address),
  };
}
