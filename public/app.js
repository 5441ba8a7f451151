import { createComposer } from "./composer.js";
import { createConnection } from "./connection.js";
import { createHealth } from "./health.js";
import { createPlaces } from "./places.js";
import { createLinkButton, createRooms } from "./rooms.js";
import { createStatus } from "./status.js";

const NEW_SESSION = "New session. Messages sent in between are missing here.";

const byId = (id) => document.getElementById(id);

/** Puts the page together: the connection on one side, what shows it on the other. */
function start() {
  const status = createStatus({ onRetryNow: () => connection.retryNow() });
  const health = createHealth(status.showHealth);
  const places = createPlaces({ onRetry: deliver, onShown: (room) => composer.address(room) });
  const composer = createComposer({ onSubmit: submit });
  const connection = createConnection({
    state: atPhaseChange(status.showState, health.check),
    transport: status.showTransport,
    session: afterTheFirst(status.showSession, () => places.note(NEW_SESSION)),
    message: places.receive,
    room: places.setRoom,
  });
  const rooms = createRooms((name) => keepFocus(() => openRoom(name)));

  function openRoom(name) {
    connection.enterRoom(name);
    if (name !== null) places.showRoom();
  }

  /** Shows an own message in the conversation in front at once, then sends it. */
  function submit(body) {
    const message = { from: "self", own: true, body, at: new Date().toISOString() };
    const room = places.shownRoom();
    void deliver(places.add(room === undefined ? message : { ...message, room }));
  }

  /** Sends an own message, for the first time or again, and marks how it went. */
  async function deliver(entry) {
    places.mark(entry, "pending");
    const answer = await connection.send(entry.message);
    if (answer.ok) places.mark(entry, "sent");
    else places.mark(entry, "failed", answer.error.message);
  }

  byId("room-retry").addEventListener("click", connection.rejoin);
  createLinkButton(byId("room-link"));
  watchToggles();
  watchNetwork({ connection, health });
  rooms.start();
  connection.start();
  void health.check();
}

/** The service is asked how it is whenever the connection came or went. */
function atPhaseChange(showState, check) {
  let phase = "connecting";
  return (state) => {
    showState(state);
    if (state.phase !== phase) void check();
    phase = state.phase;
  };
}

function afterTheFirst(showSession, again) {
  let isFirst = true;
  return (session) => {
    showSession(session);
    if (!isFirst) again();
    isFirst = false;
  };
}

/** Opening or leaving a room may hide what has the focus. */
function keepFocus(change) {
  const wasIn = (id) => byId(id).contains(document.activeElement);
  const next = wasIn("room-form") ? "draft" : wasIn("room-actions") ? "place-everyone" : null;
  byId("room-toggle").setAttribute("aria-expanded", "false");
  change();
  if (next !== null) byId(next).focus();
}

/** On a phone the details and the form for a room are folded away behind buttons. */
function watchToggles() {
  for (const toggle of document.querySelectorAll(".toggle")) {
    toggle.addEventListener("click", () => {
      const expand = toggle.getAttribute("aria-expanded") !== "true";
      toggle.setAttribute("aria-expanded", String(expand));
      if (expand) byId(toggle.getAttribute("aria-controls")).querySelector("input")?.focus();
    });
  }
}

/** The browser notices a lost network before the heartbeat does, but is not always right: the service is asked. */
function watchNetwork({ connection, health }) {
  window.addEventListener("online", connection.retryNow);
  window.addEventListener("offline", async () => {
    if (!(await health.check())) connection.drop();
  });
}

start();
