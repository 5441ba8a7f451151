import type { ServerToClientEvents } from "./contract.js";
import type { RoomSocket } from "./protocol.js";

/** What a server may tell; those before it was in the contract do not. */
type Told = Partial<Parameters<ServerToClientEvents["session"]>[0]>;

const MOST_MESSAGES = 50;
/** With names and ids at their longest a batch of so much is in the 8 KiB that each server takes besides what its limit allows. */
const SMALL_BATCH_BYTES = 3000;

/**
 * What the server takes of a `publish`. It says so in the first event of a connection. A client that is made later hears it of the next
 * one.
 */
export function watchLimits(socket: RoomSocket, maxBytes: number) {
  let told: Told = {};
  let state: "unknown" | "awaited" | "told" = "unknown";
  const connect = () => {
    state = "awaited";
  };
  const listen = (session: Told) => {
    told = session;
    state = "told";
  };
  /** Nothing is too large for a server that has yet to say what it takes. One that was connected before says it no more. */
  const isGuessed = () => state === "told" || (state === "unknown" && socket.connected);
  const bodyBytes = () => told.maxBodyBytes ?? (isGuessed() ? maxBytes : Infinity);
  socket.on("connect", connect);
  socket.on("session", listen);
  return {
    bodyBytes,
    batchBytes: (): number =>
      Math.min(maxBytes, Math.max(SMALL_BATCH_BYTES, state === "told" ? bodyBytes() : 0)),
    batchMessages: (): number => Math.min(MOST_MESSAGES, told.maxPublishMessages ?? MOST_MESSAGES),
    /** Whether the server is about to say if it takes a body of that size: one that it does not may end the connection. */
    isAwaited: (bytes: number): boolean => state === "awaited" && bytes > SMALL_BATCH_BYTES,
    forget(): void {
      socket.off("connect", connect);
      socket.off("session", listen);
    },
  };
}
export type ServerLimits = ReturnType<typeof watchLimits>;
