import { createApi, createRoomClient, signIn } from "/client/index.js";
import { io } from "/socket.io/socket.io.esm.min.js";

const ANSWER_TIMEOUT_MS = 5_000;
const COME_AGAIN_MS = 5_000;

const pause = (failures, retryAfterMs = 0) =>
  new Promise((resume) => setTimeout(resume, Math.max(retryAfterMs, Math.min(5_000, 500 * 2 ** failures))));

/**
 * The socket for the library, which sends what waits once it is connected: here once `isOwn()`. Somebody else may have signed in since it was
 * written, and nothing may go out in his name.
 */
function createGate(socket, isOwn) {
  const waiting = new Set();
  socket.on("session", () => {
    if (isOwn()) for (const resume of waiting) resume();
  });
  return {
    get connected() {
      return socket.connected && isOwn();
    },
    on: (event, listener) => (event === "connect" ? waiting.add(listener) : socket.on(event, listener)),
    off: (event, listener) => (event === "connect" ? waiting.delete(listener) : socket.off(event, listener)),
    emit: (...packet) => socket.emit(...packet),
    timeout: (ms) => socket.timeout(ms),
  };
}

/**
 * All that this page knows of the wire: a stock socket, the client library on it for what is stored, and the typed client of the routes. With
 * a `token` they speak with that, and otherwise as `user`. `on.state({phase, attempt, problem})` is told how it is: connecting, connected,
 * reconnecting, offline or refused; `on.tokenWanted()` that nobody gets in without a token.
 */
export function createConnection({ user, token, on }) {
  // `r`, for load balancers: all requests of this page go to one instance.
  const socket = io({ auth: { user }, query: { r: crypto.getRandomValues(new Uint32Array(3)).join("") } });
  const api = createApi(token ? { url: "", getToken: token.get } : { url: "", user });
  let attempt = 0;
  let session;
  let owner;
  const firstSession = new Promise((resolve) => socket.once("session", resolve));
  socket.on("session", (next) => {
    session = next;
  });
  socket.on("disconnect", () => {
    session = undefined;
  });
  const rooms = createRoomClient(createGate(socket, () => session !== undefined && session.user === owner));
  if (token) signIn(socket, { getToken: token.get, onRefused, pause });

  const lost = () => on.state({ phase: navigator.onLine ? "reconnecting" : "offline", attempt });

  /** The library has given up: only another token helps. */
  async function onRefused({ message }) {
    on.state({ phase: "refused", problem: message });
    await token.ask(message);
    socket.connect();
  }

  socket.on("connect", () => {
    attempt = 0;
    on.state({ phase: "connected" });
  });
  socket.on("disconnect", (reason) => {
    // The server has thrown this user out: the stock client stays away until somebody presses the button.
    if (reason !== "io server disconnect") lost();
    else on.state({ phase: "refused", problem: "The server has ended this connection" });
  });
  socket.io.on("reconnect_attempt", (count) => {
    attempt = count;
    lost();
  });
  socket.on("connect_error", ({ message, data }) => {
    if (socket.active) return lost();
    if (token) return; // the library sees to it
    if (data?.code === "unauthenticated") return on.tokenWanted();
    // After a refusal the stock client stays away until it is told to come.
    on.state({ phase: "refused", problem: message });
    setTimeout(() => socket.connect(), data?.retryAfterMs ?? COME_AGAIN_MS);
  });

  return {
    socket,
    rooms,
    api,
    firstSession,
    /** For whom all in this page was written; nothing is stored before that is known, nor as somebody else. */
    speakFor(user) {
      owner = user;
    },
    /** Calls back for each session, and for one that is there already: `{id, user, instance, worker, pid?}`. */
    onSession(listener) {
      if (session) listener(session);
      socket.on("session", listener);
    },
    transport: () => socket.io.engine?.transport.name,
    /** Asks with an acknowledgement. Resolves to something that is not `ok` without an answer. */
    async ask(event, payload) {
      if (!socket.connected) return { ok: false };
      return socket
        .timeout(ANSWER_TIMEOUT_MS)
        .emitWithAck(event, payload)
        .catch(() => ({ ok: false }));
    },
    /** Does not wait for the next attempt. */
    retryNow() {
      if (!socket.connected) socket.disconnect().connect();
    },
  };
}
