import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { waitAtMost } from "../../wait-at-most.js";
import { connectionsOf, isAnswering } from "./http-connection.js";

/** Longest time to give connections back, in milliseconds. */
const GIVE_BACK_MS = 500;
const LOOK_EVERY_MS = 20;

/** `idle`: nothing is asked. `beginning`: a part of a request has been read, of which nobody has heard yet. */
type State = "idle" | "beginning" | "answering";

/**
 * Gives back the connections on which nothing is being asked, and those on which a request is beginning only if it is over
 * in time: what the parser has of it cannot be had back. Takes no longer than `GIVE_BACK_MS`. `cameWithBytes`: whether a
 * connection brought bytes along, which no count of this process's has.
 */
export async function giveBackIdle(
  httpServer: HttpServer,
  cameWithBytes: (socket: Socket) => boolean,
  giveBack: (socket: Socket) => Promise<void>,
): Promise<void> {
  const given = new Map<Socket, Promise<void>>();
  const endMs = performance.now() + GIVE_BACK_MS;

  function stateOf(socket: Socket, isBetweenRequests: boolean): State {
    if (isAnswering(socket) || !socket.writable) return "answering";
    const isUntouched = socket.bytesRead === 0 && !cameWithBytes(socket);
    return isBetweenRequests || isUntouched ? "idle" : "beginning";
  }

  /** Returns whether there are requests that begin. */
  function giveOnce(): boolean {
    let beginning = false;
    for (const [socket, isBetweenRequests] of connectionsOf(httpServer)) {
      if (given.has(socket)) continue;
      const state = stateOf(socket, isBetweenRequests);
      if (state === "idle") given.set(socket, giveBack(socket));
      beginning ||= state === "beginning";
    }
    return beginning;
  }

  while (giveOnce() && performance.now() < endMs) await pause(LOOK_EVERY_MS);
  await waitAtMost(Promise.all(given.values()), Math.max(0, endMs - performance.now()));
}
