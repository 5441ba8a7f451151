const LABELS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  offline: "Offline",
};
const LEVELS = { ok: "ok", degraded: "warn" };
const TICK_MS = 250;

const byId = (id) => document.getElementById(id);
const text = (value) => (value === undefined || value === null || value === "" ? "–" : String(value));

/** Shows where and how the page is connected. `onRetryNow` is called when the user does not want to wait. */
export function createStatus({ onRetryNow }) {
  let ticking = null;
  byId("retry-now").addEventListener("click", onRetryNow);

  function showWait({ phase, attempt, retryAtMs }) {
    const lost = phase === "reconnecting" || phase === "offline";
    byId("waiting").hidden = !lost;
    if (lost) byId("state-detail").textContent = waitText(attempt, retryAtMs);
  }

  return {
    showState(state) {
      clearInterval(ticking);
      document.body.dataset.phase = state.phase;
      const label = byId("state-label");
      // Only a change is written, because every write to a live region is read out.
      if (label.textContent !== LABELS[state.phase]) label.textContent = LABELS[state.phase];
      showWait(state);
      if (state.retryAtMs !== undefined) ticking = setInterval(() => showWait(state), TICK_MS);
      if (state.phase === "connected") return;
      showTransport(null);
      showSession({});
    },
    showSession,
    showTransport,
    showHealth,
  };
}

function waitText(attempt, retryAtMs) {
  if (retryAtMs === undefined) return `Attempt ${attempt}: trying now`;
  return `Attempt ${attempt} in ${Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1000))} s`;
}

function showSession({ id, instance, worker }) {
  byId("session-id").textContent = text(id);
  byId("instance").textContent = text(instance);
  byId("worker").textContent = text(worker);
}

function showTransport(name) {
  for (const step of byId("transport").children) {
    if (step.dataset.transport === name) step.setAttribute("aria-current", "true");
    else step.removeAttribute("aria-current");
  }
}

function showHealth(report) {
  const level = LEVELS[report?.status] ?? "bad";
  byId("health").dataset.level = level;
  byId("health-text").textContent =
    report === null ? "no answer" : `${report.status}, up ${duration(report.uptimeSeconds)}`;
  byId("stores").textContent =
    report === null ? "–" : `MongoDB ${storeText(report.mongo)}, Redis ${storeText(report.redis)}`;
}

function storeText(store) {
  if (typeof store === "boolean") return store ? "up" : "down";
  if (typeof store === "object" && store !== null) return text(store.status ?? store.state);
  return text(store);
}

function duration(seconds) {
  const minutes = Math.floor(Number(seconds) / 60);
  if (!Number.isFinite(minutes)) return "–";
  if (minutes < 1) return `${Math.floor(Number(seconds))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
