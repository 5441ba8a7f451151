import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../contract/errors.js";

/** What a worker holds of bodies, in bytes; more where the largest body is so large that fewer of them would be in it. */
const MOST_BYTES = 64 * 1024 * 1024;
const LEAST_BODIES = 8;
/** What a piece of a body takes besides its bytes: each is a buffer of its own, however small. */
const PIECE_BYTES = 300;

/** A body that takes no more passes in any case, and counts: it would not be it that uses up a shared address. There are as many as connections. */
const SMALL_BYTES = 4096;

/** A body that comes. */
export interface ComingBody {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whose it is: what `addressKey` gives. */
  readonly address: string;
  /** What it takes from its first byte on besides what comes, in bytes: one that is compressed is held as what it becomes. */
  readonly becomesBytes?: number;
  /** It is too much, and nothing more of it reaches those who gather it. Called once at most, and not when there is an answer already. */
  refuse(error: AppError): void;
}

/** Bounds what a worker holds of bodies for requests that are not answered: they are gathered before anybody is asked who he is. */
export interface HeldBodies {
  /** Counts a body as it comes. To be called before anybody else listens for its data. */
  hold(body: ComingBody): void;
}

/** For bodies up to so many bytes. */
export function mostHeldBytes(largestBytes: number): number {
  return Math.max(MOST_BYTES, LEAST_BODIES * largestBytes);
}

/**
 * An address may hold as much as is free: one alone has half of `mostBytes`, two have a third each, and however many there are, whoever comes
 * next finds as much free as each of them has. What counts has come, and counts until its request is answered and has ended. An
 * address that has more bodies is told that it sends too much at once, one that has no other that there is no room.
 */
export function createHeldBodies(mostBytes: number, onRefused: () => void): HeldBodies {
  const byAddress = new Map<string, number>();
  let heldBytes = 0;

  function add(address: string, bytes: number): void {
    heldBytes += bytes;
    const ofAddress = (byAddress.get(address) ?? 0) + bytes;
    if (ofAddress > 0) byAddress.set(address, ofAddress);
    else byAddress.delete(address);
  }

  return {
    hold({ request, response, address, becomesBytes = 0, refuse }) {
      const { socket } = request;
      let own = 0;

      function take(chunk: Buffer): void {
        // What comes behind an answer is dropped.
        if (response.headersSent) return void request.off("data", take);
        const bytes = chunk.length + PIECE_BYTES + (own === 0 ? becomesBytes : 0);
        const ofAddress = byAddress.get(address) ?? 0;
        if (own + bytes <= SMALL_BYTES || ofAddress + bytes <= mostBytes - heldBytes - bytes) {
          own += bytes;
          add(address, bytes);
          return;
        }
        request.removeAllListeners("data").resume();
        onRefused();
        refuse(new AppError(ofAddress > own ? "rate_limited" : "temporary"));
      }

      /** Who gathers a body that is refused keeps what he has until its end. */
      function onAnswered(): void {
        if (request.closed) leave();
        else request.once("close", leave);
      }

      function leave(): void {
        request.off("data", take).off("close", leave);
        response.off("close", onAnswered);
        socket.off("close", leave);
        add(address, -own);
        own = 0;
      }

      // Not by `on`, which starts the stream: whoever gathers the body may listen a moment later, and would miss what has come until then.
      request.prependListener("data", take);
      response.once("close", onAnswered);
      // Of a response that waits for another one, when the connection ends, Node tells nothing.
      socket.once("close", leave);
    },
  };
}
