import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long a client may take nothing of an answer, in milliseconds: longer than slow lines take for what the kernel holds. */
export const UNTAKEN_MS = 120_000;

/** Looks within that time at what a client does meanwhile. */
export const LOOKS = 8;

/** A connection with requests that are not answered yet. */
interface Watch {
  open: number;
  leave(): void;
  end(): void;
}

/** Ends connections of clients that do not take their answers. */
export interface UntakenCut {
  /** To be called for each request. */
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** To be called for an upgrade, when answers may be left before it: the connection is read by whoever gets it, and before that by nobody. */
  leave(socket: Socket): void;
}

/**
 * No heartbeat finds them out, and what is left of an answer would be kept for as long as the client likes. One that takes something now and
 * then has all the time that it needs, and so has an answer that is not ready.
 */
export function createUntakenCut(untakenMs: number): UntakenCut {
  // One for each connection, not for each answer: up to Node 22 an answer whose turn has not come when its connection ends never closes.
  const watches = new WeakMap<Socket, Watch>();

  function watchOf(socket: Socket): Watch {
    const watch = watches.get(socket) ?? startWatch(socket, untakenMs / LOOKS, () => watches.delete(socket));
    watches.set(socket, watch);
    return watch;
  }

  return {
    watch({ socket }, response) {
      response.setTimeout(untakenMs, () => {
        if (socket.writableLength > 0) socket.destroy();
      });
      const watch = watchOf(socket);
      watch.open += 1;
      response.once("close", () => {
        watch.open -= 1;
        if (watch.open === 0) watch.end();
      });
    },
    leave: (socket) => watches.get(socket)?.leave(),
  };
}

/** What the client sends puts the time of its answer off, too: so it is not read as long as it has something to take. */
function startWatch(socket: Socket, everyMs: number, onEnd: () => void): Watch {
  let isPaused = false;

  function setPaused(pause: boolean): void {
    if (pause) socket.pause();
    else if (isPaused) socket.resume();
    isPaused = pause;
  }

  function end(): void {
    clearInterval(looking);
    socket.off("close", end);
    setPaused(false);
    onEnd();
  }

  /**
   * Node goes on reading for whoever comes next, who would find nothing after a pause. So it counts only what is taken, by whole chunks: whoever
   * takes none for as long as two times of an answer is cut off.
   */
  function leave(): void {
    clearInterval(looking);
    setPaused(false);
    let taken = takenOf(socket);
    let same = 0;
    looking = setInterval(() => {
      const before = taken;
      taken = takenOf(socket);
      same = taken === before && socket.writableLength > 0 ? same + 1 : 0;
      if (same === 2 * LOOKS) socket.destroy();
    }, everyMs);
  }

  let looking = setInterval(() => setPaused(socket.writableLength > 0), everyMs);
  socket.once("close", end);
  return { open: 0, leave, end };
}

/** What has left the process, in bytes. */
function takenOf({ bytesWritten, writableLength }: Socket): number {
  return bytesWritten - writableLength;
}
