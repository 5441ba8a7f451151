import { AsyncResource } from "node:async_hooks";
import type { Request, RequestHandler } from "express";
import type { Turns } from "../process/turns.js";

/** Requests that a turn begins at most of those that wait. */
const MOST_OF_TURN = 8;

/**
 * Begins what has come as long as this turn of the event loop has time for it. What is left begins in the next turns, one request at least in
 * each, and everything else that the process has to do comes between: else whoever sends by many connections has all of it served at once, up to
 * the burst of his address. Addresses begin round robin, one request each, so that nobody waits behind all that somebody else has sent; requests
 * of one address begin in the order in which they came.
 *
 * A turn goes like this: input is read, and requests come, of which some wait; the turns call back (`askOn`), and the next turn is asked for if some wait; then
 * `beginOne` up to eight times.
 */
export function inTurns(turns: Turns, addressOf: (request: Request) => string): RequestHandler {
  /** In the order in which addresses have their next request begun; none has an empty queue. */
  const waiting = new Map<string, (() => void)[]>();
  let isAsked = false;
  let isFirst = false;

  function ask(): void {
    isAsked = true;
    isFirst = true;
    turns.onNext(askOn);
    // After the callback with which the turn begins, one for each: what a request does after its first `await` counts before the next begins.
    for (let n = 0; n < MOST_OF_TURN; n += 1) setImmediate(beginOne);
  }

  function askOn(): void {
    isAsked = false;
    if (waiting.size > 0) ask();
  }

  function beginOne(): void {
    const [next] = waiting;
    if (next === undefined || (!isFirst && turns.isOver())) return;
    isFirst = false;
    const [address, queue] = next;
    waiting.delete(address);
    const begin = queue.shift();
    if (queue.length > 0) waiting.set(address, queue);
    begin?.();
  }

  function wait(address: string, begin: () => void): void {
    const queue = waiting.get(address);
    if (queue === undefined) waiting.set(address, [begin]);
    else queue.push(begin);
  }

  return (request, _response, next) => {
    if (waiting.size === 0 && !turns.isOver()) return next();
    function goOn(): void {
      if (!request.socket.destroyed) next();
    }
    // In the context of its trace, not in that of who has asked for the turn. `AsyncResource.bind` would do, but what it makes keeps requests that
    // have ended from being collected with the young ones: half of the rate of a small GET.
    const turn = new AsyncResource("Turn");
    wait(addressOf(request), () => turn.runInAsyncScope(goOn));
    if (!isAsked) ask(); // who waits may have begun in this turn, and the next one be asked for already
  };
}
