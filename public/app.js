import { createComposer } from "./composer.js";
import { createConnection } from "./connection.js";
import { createHealth } from "./health.js";
import { createIdentity } from "./identity.js";
import { createNameForm } from "./name-form.js";
import { createOutbox } from "./outbox.js";
import { typingName } from "./relay.js";
import { createLinkButton } from "./room-form.js";
import { showPresent, showRoomHeader } from "./room-header.js";
import { createRooms } from "./rooms.js";
import { createStatus } from "./status.js";
import { createTyping } from "./typing.js";

/** How often the header is brought up to date besides: numbers may pass without a message to show. */
const REFRESH_MS = 1_000;

const byId = (id) => document.getElementById(id);

/** Puts the page together: the connection on one side, what shows it on the other. */
function start() {
  const present = new Map();
  let isConnected = false;
  let isRenamed = false;

  const identity = createIdentity(renamed);
  const user = identity.name();
  const outbox = createOutbox();
  const status = createStatus({ onRetryNow: () => connection.retryNow() });
  const health = createHealth(status.showHealth);
  const noticePhase = atPhaseChange(() => void health.check());
  const connection = createConnection(
    {
      state(state) {
        status.showState(state);
        isConnected = state.phase === "connected";
        noticePhase(state.phase);
        if (isRenamed) renamed();
        refresh();
      },
      transport: status.showTransport,
      session: status.showSession,
      relayed,
      present(room, who) {
        present.set(room, who);
        if (isFront(room)) refreshPresent();
      },
    },
    user,
  );
  const rooms = createRooms({
    connection,
    outbox,
    user,
    on: { shown, change: refresh, message: (room, { from }) => isFront(room) && typing.stop(from) },
  });
  const typing = createTyping({ send: () => connection.sendTyping(rooms.front().name) });
  const composer = createComposer({ onTyped: typing.typed, onSubmit: submit, isFull: outbox.isFull });
  createNameForm({ identity, outbox, onRenamed: renamed });

  const isFront = (room) => rooms.front()?.name === room;

  function refresh() {
    const room = rooms.front();
    if (room === undefined) return;
    showRoomHeader({ name: room.name, status: room.status(), isConnected });
  }

  function refreshPresent() {
    showPresent(present.get(rooms.front().name), user);
  }

  function shown(room) {
    typing.clear();
    composer.address(room.name);
    refresh();
    refreshPresent();
  }

  function submit(body) {
    typing.sent();
    rooms.front().send(body);
  }

  /** What comes over the ephemeral path: news of somebody writing, or whatever another client relays. */
  function relayed(message) {
    const name = typingName(message.body);
    if (name === undefined) (rooms.get(message.room) ?? rooms.front()).showRelayed(message);
    else if (isFront(message.room)) typing.started(name);
  }

  /** Everything here was made for the former name, so it is made anew, as soon as there is somewhere to load it from. */
  function renamed() {
    isRenamed = true;
    if (isConnected) location.reload();
  }

  createLinkButton(byId("room-link"));
  watchToggles();
  watchNetwork({ connection, health });
  rooms.start();
  connection.start();
  void health.check();
  setInterval(refresh, REFRESH_MS);
}

/** Calls back whenever the connection came or went. */
function atPhaseChange(changed) {
  let last = "connecting";
  return (phase) => {
    if (phase !== last) changed();
    last = phase;
  };
}

/** On a phone the details and the form for a room are folded away behind buttons. */
function watchToggles() {
  for (const toggle of document.querySelectorAll(".toggle")) {
    toggle.addEventListener("click", () => {
      const expand = toggle.getAttribute("aria-expanded") !== "true";
      toggle.setAttribute("aria-expanded", String(expand));
      const first = byId(toggle.getAttribute("aria-controls"));
      if (expand && toggle.id === "room-toggle") first.querySelector("input")?.focus();
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
