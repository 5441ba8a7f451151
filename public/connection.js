import { createRoomClient } from "/client/room-client.js";
import { io } from "/socket.io/socket.io.esm.min.js";
import { createPresence } from "./presence.js";
import { createRelay } from "./relay.js";
import { createRetry } from "./retry.js";

const ANSWER_TIMEOUT_MS = 5_000;
const NO_ANSWER = { ok: false };

/**
 * Everything this page knows about the wire. Nothing in here touches the document, and nothing else in the page
 * touches the socket. It speaks as `user`.
 *
 * `on` is told of what happens:
 * - `state({phase, attempt, retryAtMs})`, phase being connecting, connected, reconnecting or offline;
 * - `transport(name)`, `session({id, instance, worker})`, `relayed({from, room?, body, at})`;
 * - `present(room, {users, count} | null)`.
 *
 * Messages of rooms come through the client library, which resumes by itself whenever the socket is connected again.
 * Reconnecting is done by `createRetry` instead of by socket.io-client, for three reasons: the page shows the exact
 * countdown, a disconnect asked for by the server is retried too, and the user can retry at once.
 */
export function createConnection(on, user) {
  const socket = io({
    transports: ["polling", "websocket"],
    reconnection: false,
    autoConnect: false,
    auth: { user },
    // For load balancers: all requests of this page go to one instance.
    query: { r: createRouteKey() },
  });
  const retry = createRetry({ connect: () => socket.connect(), onState: on.state });
  const client = createRoomClient(socket);
  const wire = {
    ask: (event, payload) => ask(socket, event, payload),
    // Volatile: what cannot go out now is not worth sending later.
    emit: (event, payload) => socket.connected && socket.volatile.emit(event, payload),
  };
  const relay = createRelay(wire);
  const presence = createPresence({ ...wire, onPresent: on.present });
  listen({ socket, retry, relay, presence, on });

  return {
    start: retry.start,
    /** Ends a countdown and tries at once; does nothing while connected or already trying. */
    retryNow: retry.now,
    /** Gives up a connection that is known to be dead, long before its heartbeat would notice. */
    drop: () => socket.io.engine?.close(),
    sendTyping: (room) => relay.sendTyping(room, user),
    /** Opens a durable room, with the handlers of the client library, and its ephemeral side. */
    openRoom(name, handlers) {
      const room = client.room(name, handlers);
      relay.enter(name);
      presence.enter(name);
      return {
        publish: room.publish,
        position: room.position,
        close() {
          presence.leave(name);
          relay.leave(name);
          room.close();
        },
      };
    },
  };
}

function listen({ socket, retry, relay, presence, on }) {
  socket.io.on("open", () => {
    const { engine } = socket.io;
    on.transport(engine.transport.name);
    engine.on("upgrade", (transport) => on.transport(transport.name));
  });
  socket.on("connect", () => {
    retry.succeeded();
    relay.resume();
    presence.resume();
  });
  socket.on("connect_error", () => retry.failed());
  socket.on("disconnect", () => {
    presence.suspend();
    retry.failed();
  });
  socket.on("session", on.session);
  socket.on("message", on.relayed);
  socket.on("presence", presence.change);
}

/** Emits with an acknowledgement, if connected. Always resolves; to something that is not `ok` without an answer. */
async function ask(socket, event, payload) {
  if (!socket.connected) return NO_ANSWER;
  try {
    return (await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, payload)) ?? NO_ANSWER;
  } catch {
    return NO_ANSWER;
  }
}

/** Random, as `randomUUID` would need https. */
function createRouteKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36)).join("");
}
