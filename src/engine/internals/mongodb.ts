import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

// The MongoDB driver 7 beyond its documentation: what it waits for.

/** Node's channel for every outgoing connection that is made. */
const CHANNEL = "net.client.socket";

/**
 * Wakes up whoever waits for a connection to drain that has closed, which will not happen; the returned function ends it.
 *
 * The MongoDB driver (7.8) waits so when it writes between the end of a socket and the event that tells of it, and its
 * timeouts do not cover it: the operation never settles. When the server goes away this befalls the driver's monitor,
 * too, which looks at that very moment; the process then has no database for good. Woken up, the driver notices itself
 * that the connection is closed. For any other user of a closed socket the event is without consequence.
 */
export function wakeWritersOfClosedSockets(): () => void {
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    // Once, however many databases this process is connected to.
    if (!socket.listeners("close").includes(wake)) socket.once("close", wake);
  };
  subscribe(CHANNEL, onSocket);
  return () => void unsubscribe(CHANNEL, onSocket);
}

function wake(this: Socket): void {
  this.emit("drain");
}

/** Whether the driver of this version waits so, as far as is known. */
export function isKnownDriver(version: string | undefined): boolean {
  return version?.split(".")[0] === "7";
}
