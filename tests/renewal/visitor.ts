import { io } from "socket.io-client";
import { createRoomClient, type Message } from "../../client/index.js";
import { onEnd } from "../support/cleanup.js";

/** A client that publishes in a room, reads it, and renews its token all the time. */
export interface Visitor {
  readonly room: string;
  /** Ids of all messages of the room, as they came. */
  readonly got: readonly string[];
  /** Ids of those that were acknowledged. */
  readonly acknowledged: readonly string[];
  /** What must not happen: ends of the connection, refusals. */
  readonly incidents: readonly string[];
  renewals(): number;
  isConnected(): boolean;
  publish(id: string): Promise<void>;
}

/** `token`: gives one whenever it is asked. */
export function createVisitor(url: string, room: string, token: () => Promise<string>): Visitor {
  const socket = io(url, { transports: ["websocket"], forceNew: true });
  const got: string[] = [];
  const acknowledged: string[] = [];
  const incidents: string[] = [];
  let tokens = 0;
  const client = createRoomClient(socket, {
    getToken() {
      tokens += 1;
      return token();
    },
    onRefused: ({ code }) => incidents.push(`refused with ${code}`),
  });
  socket.on("disconnect", (reason) => incidents.push(`disconnected: ${reason}`));
  socket.on("closing", ({ code }: { code: string }) => incidents.push(`closed with ${code}`));
  onEnd(() => {
    socket.off("disconnect");
    client.close();
    socket.disconnect();
  });
  const opened = client.room(room, {
    start: { after: 0 },
    onMessage: (message: Message) => got.push(message.id),
    onError: ({ code }) => incidents.push(`the room is refused with ${code}`),
  });

  return {
    ...{ room, got, acknowledged, incidents },
    renewals: () => tokens - 1,
    isConnected: () => socket.connected,
    async publish(id) {
      try {
        await opened.publish(id, id);
        acknowledged.push(id);
      } catch (error) {
        incidents.push(`not published: ${(error as Error).message}`);
      }
    },
  };
}
