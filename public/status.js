import { keeps } from "./storage.js";

const LABELS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  offline: "Offline",
  refused: "Refused",
};

const SIGN_IN = "Waiting for you to sign in";

const byId = (id) => document.getElementById(id);
const write = (id, value) => {
  byId(id).textContent = value ?? "–";
};

/** Shows how the page is connected, and to what. */
export function createStatus({ connection, onRetry }) {
  let isSignInWanted = false;
  byId("retry-now").addEventListener("click", onRetry);
  byId("facts").addEventListener("toggle", showHealth);

  function showTransport() {
    write("transport", connection().transport());
  }

  async function showHealth() {
    if (!byId("facts").open) return;
    const { status, mongo, redis } = await connection()
      .api.get("/health")
      .catch(() => ({}));
    write("health", status);
    write("stores", status && `MongoDB ${mongo}, Redis ${redis}`);
  }

  /** What helps, where that is a token: not to wait for a connection. */
  function showLabel() {
    const { phase } = document.body.dataset;
    const isForToken = isSignInWanted && phase !== "connected" && phase !== "offline";
    const label = isForToken ? SIGN_IN : LABELS[phase];
    // Only a change is written, because every write to a live region is read out.
    if (byId("state-label").textContent !== label) write("state-label", label);
  }

  return {
    waitForSignIn(isWaiting) {
      isSignInWanted = isWaiting;
      showLabel();
    },
    show({ phase, attempt, problem }) {
      document.body.dataset.phase = phase;
      showLabel();
      const isAway = ["reconnecting", "offline", "refused"].includes(phase);
      byId("waiting").hidden = !isAway;
      write("state-detail", problem ?? (attempt > 0 ? `Attempt ${attempt}` : "The connection was lost"));
      if (isAway) this.session({});
      else if (phase === "connected") {
        showTransport();
        connection().socket.io.engine.once("upgrade", showTransport);
      }
      void showHealth();
    },
    session({ id, instance, worker }) {
      write("session-id", id);
      write("instance", instance);
      write("worker", worker);
      if (id === undefined) write("transport");
    },
  };
}

/** Says which room it will be, before anything is known of it. */
export function announceRoom(name, isSignInWanted) {
  byId("title").textContent = name;
  if (isSignInWanted) byId("subtitle").textContent = "Not opened yet";
}

/** Says which room is in front and how far it can be relied upon. */
export function showRoom(name, { last, unsent, refusal }, isConnected) {
  byId("title").textContent = name;
  byId("conversations").dataset.loaded = String(last !== undefined);
  const subtitle = byId("subtitle");
  subtitle.classList.toggle("problem", refusal !== null);
  const read = last === 0 ? "No messages yet" : `All messages up to ${last}`;
  const where = last === undefined ? (isConnected ? "Opening" : "Waiting for a connection") : read;
  const waiting =
    unsent > 0 && !isConnected
      ? `; ${unsent} waiting to be sent${keeps() ? ", kept in this browser" : ""}`
      : "";
  const text = refusal === null ? where + waiting : `Refused: ${refusal.message}`;
  if (subtitle.textContent !== text) subtitle.textContent = text;
}
