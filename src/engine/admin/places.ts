import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The answer to the one request of a connection, once it has come. */
export type AnswerOf = (socket: Socket) => ServerResponse | undefined;

/**
 * Keeps at most this many connections. When there are more, none is turned away: one of the address that has the most is broken off, the oldest
 * one that does not wait for an answer. So whoever holds connections, silent ones, half a request or an answer that he does not read, takes
 * no place from anybody else; as many addresses as there are places would be needed.
 */
export function limitPlaces(server: Server, places: number, answerOf: AnswerOf): void {
  /** By their address, in the order in which they came. */
  const held = new Map<string, Set<Socket>>();
  let open = 0;

  function leave(address: string, socket: Socket): void {
    const ofAddress = held.get(address);
    if (!ofAddress?.delete(socket)) return;
    open -= 1;
    if (ofAddress.size === 0) held.delete(address);
  }

  function breakOne(): void {
    const most = Math.max(...[...held.values()].map(({ size }) => size));
    const crowd = [...held].filter(([, { size }]) => size === most);
    const candidates = crowd.flatMap(([address, sockets]) =>
      Array.from(sockets, (socket) => ({ address, socket })),
    );
    const one = candidates.find(({ socket }) => !isWaiting(answerOf(socket))) ?? candidates[0];
    if (one === undefined) return;
    leave(one.address, one.socket); // "close" comes later than others may
    one.socket.destroy();
  }

  server.on("connection", (socket) => {
    if (open >= places) breakOne();
    const address = socket.remoteAddress ?? "unknown";
    held.set(address, (held.get(address) ?? new Set()).add(socket));
    open += 1;
    socket.once("close", () => leave(address, socket));
  });
}

/** Whether it is this side that has to go on: with an answer to all of a request that has come. */
function isWaiting(response: ServerResponse | undefined): boolean {
  if (response === undefined || response.writableEnded) return false;
  return response.req.complete && response.req.socket.writableLength === 0;
}
