import { io } from "/socket.io/socket.io.esm.min.js";
import { createMembership } from "./membership.js";
import { createRetry } from "./retry.js";

/** How long a message or a join waits for its answer; for a message the wait for a connection is included. */
const ANSWER_TIMEOUT_MS = 5_000;
/** What a message that waited for the connection nearly all that time still gets for its answer. */
const ANSWER_MIN_MS = 500;

const failure = (code, message) => ({ ok: false, error: { code, message } });
const NO_CONNECTION = failure("no_connection", "Not sent: there was no connection");
const NOT_JOINED = failure("not_joined", "Not sent: the room is not joined");
const NO_ANSWER = failure("no_answer", "No answer: it may or may not have arrived");
const BAD_ANSWER = failure("bad_answer", "The server's answer was not understood");

/**
 * Everything this page knows about the wire. Nothing in here touches the document, and nothing else in the page
 * touches the socket: to put another transport under the page, provide an object with these functions.
 *
 * `on` is told of what happens:
 * - `state({phase, attempt, retryAtMs})`, phase being connecting, connected, reconnecting or offline;
 * - `transport(name)`, `session({id, instance, worker})`, `message({from, room?, body, at})`;
 * - `room({name, phase, error?})`, phase being waiting, joining, joined or failed; `name` is null in no room.
 *
 * Reconnecting is done by `createRetry` instead of by the client library, for three reasons: the page shows the exact
 * countdown, a disconnect asked for by the server is retried too, and the user can retry at once.
 */
export function createConnection(on) {
  const socket = io({ transports: ["polling", "websocket"], reconnection: false, autoConnect: false });
  const retry = createRetry({ connect: () => socket.connect(), onState: on.state });
  const gate = createGate((room) => socket.connected && (room === undefined || membership.isIn(room)));
  const membership = createMembership({
    ask: (event, payload) => ask(socket, event, payload),
    onRoom(room) {
      on.room(room);
      gate.release();
    },
  });
  listen({ socket, retry, gate, membership, on });

  return {
    start: retry.start,
    /** Ends a countdown and tries at once; does nothing while connected or already trying. */
    retryNow: retry.now,
    /** Gives up a connection that is known to be dead, long before its heartbeat would notice. */
    drop: () => socket.io.engine?.close(),
    /** Makes `name` the one room this session is in; null for none. The room before it is left. */
    enterRoom: (name) => membership.enter(name, socket.connected),
    /** Asks again for a room whose join failed. */
    rejoin: () => socket.connected && membership.join(),
    /** Resolves, within 5.5 s, to the server's `{ok: true}` or to `{ok: false, error: {code, message}}`. */
    async send({ body, room }) {
      const deadlineMs = performance.now() + ANSWER_TIMEOUT_MS;
      await gate.pass(room, ANSWER_TIMEOUT_MS);
      if (!socket.connected) return NO_CONNECTION;
      if (!gate.isOpen(room)) return NOT_JOINED;
      const leftMs = Math.max(ANSWER_MIN_MS, deadlineMs - performance.now());
      return ask(socket, "message", room === undefined ? { body } : { body, room }, leftMs);
    },
  };
}

function listen({ socket, retry, gate, membership, on }) {
  socket.io.on("open", () => {
    const { engine } = socket.io;
    on.transport(engine.transport.name);
    engine.on("upgrade", (transport) => on.transport(transport.name));
  });
  socket.on("connect", () => {
    retry.succeeded();
    gate.release();
  });
  socket.on("connect_error", () => retry.failed());
  socket.on("disconnect", () => {
    membership.suspend();
    retry.failed();
  });
  socket.on("session", (session) => {
    on.session(session);
    // A new session is in no room, whatever the one before it was in.
    void membership.join();
  });
  socket.on("message", on.message);
}

/** Emits with an acknowledgement. Always resolves, to the server's `{ok, ...}` or to a failure of the same shape. */
async function ask(socket, event, payload, timeoutMs = ANSWER_TIMEOUT_MS) {
  try {
    const answer = await socket.timeout(timeoutMs).emitWithAck(event, payload);
    const understood = answer?.ok === true || typeof answer?.error?.message === "string";
    return understood ? answer : BAD_ANSWER;
  } catch {
    return NO_ANSWER;
  }
}

/**
 * Holds messages back while their room (everyone's, if undefined) cannot be written to. The client library would
 * send what it buffered as soon as it is connected, which is before the room is joined again.
 */
function createGate(isOpen) {
  const waiting = new Set();
  return {
    isOpen,
    /** Resolves as soon as the room is open, and in any case after `timeoutMs`. */
    pass(room, timeoutMs) {
      if (isOpen(room)) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          waiting.delete(waiter);
          resolve();
        };
        const timer = setTimeout(finish, timeoutMs);
        const waiter = { room, finish };
        waiting.add(waiter);
      });
    },
    release() {
      for (const waiter of [...waiting]) if (isOpen(waiter.room)) waiter.finish();
    },
  };
}
