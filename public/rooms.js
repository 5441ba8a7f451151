import { createRoom } from "./room.js";
import { createLeaveButton, createRoomForm, isRoomName } from "./room-form.js";
import { readStoredJson, store } from "./storage.js";

const KEY = "shoal.rooms";
const DEFAULT_ROOM = "lobby";
/** Each open room costs a subscription and a list in memory. The one that was opened first gives way. */
const KEEP_ROOMS = 8;

const byId = (id) => document.getElementById(id);

/** The room the address asks for (`#room=name`); the default one if it names none, or none that is allowed. */
function roomInAddress() {
  const name = new URLSearchParams(location.hash.slice(1)).get("room");
  return isRoomName(name) ? name : DEFAULT_ROOM;
}

/**
 * The open rooms and the one in front, which is the one that the address names: links, the form, the back button and
 * leaving all go through the address. `on.shown(room)` says which came to the front, `on.change()` that the status of
 * one may have changed; `on.message(name, message)` is called for every message of a room.
 */
export function createRooms({ connection, outbox, user, on }) {
  const open = new Map();
  const setUnread = createUnreadTotal();
  let front = null;

  function openRoom(name) {
    const root = byId("conversation-template").content.cloneNode(true).firstElementChild;
    root.querySelector(".log").setAttribute("aria-label", `Messages in ${name}`);
    byId("conversations").append(root);
    const place = createPlace(name);
    const room = createRoom(name, {
      connection,
      outbox,
      user,
      root,
      on: {
        unread: (count) => setUnread(name, place, count),
        change: on.change,
        message: (message) => on.message(name, message),
      },
    });
    room.setVisible(false);
    open.set(name, { room, place });
  }

  function close(name) {
    const { room, place } = open.get(name);
    open.delete(name);
    room.close();
    place.remove();
  }

  function makeWay() {
    for (const [name, { room }] of open) {
      if (open.size <= KEEP_ROOMS) return;
      if (name !== front && room.status().unsent === 0) close(name);
    }
  }

  /** Brings the room of the address to the front, opening it if need be. */
  function follow() {
    front = roomInAddress();
    if (!open.has(front)) openRoom(front);
    makeWay();
    store(KEY, JSON.stringify([...open.keys()]));
    for (const [name, { room, place }] of open) {
      room.setVisible(name === front);
      place.setAttribute("aria-current", String(name === front));
    }
    byId("room-leave").hidden = open.size === 1;
    leaveButton.reset();
    on.shown(open.get(front).room);
  }

  function leave() {
    close(front);
    goTo(open.keys().next().value ?? DEFAULT_ROOM);
    byId("draft").focus();
  }

  function goTo(name) {
    if (location.hash !== `#room=${name}`) history.pushState(null, "", `#room=${name}`);
    follow();
  }

  function createPlace(name) {
    const place = byId("place-template").content.cloneNode(true).firstElementChild;
    place.querySelector(".place-name").textContent = name;
    place.addEventListener("click", () => goTo(name));
    byId("places").append(place);
    return place;
  }

  createRoomForm((name) => {
    byId("room-toggle").setAttribute("aria-expanded", "false");
    goTo(name);
    byId("draft").focus();
  });
  const leaveButton = createLeaveButton({ unsent: () => open.get(front).room.status().unsent, leave });
  window.addEventListener("hashchange", follow);
  // hashchange does not follow a pushState entry without a hash in every browser.
  window.addEventListener("popstate", follow);

  return {
    start() {
      const kept = readStoredJson(KEY);
      const names = [...(Array.isArray(kept) ? kept : []).slice(-KEEP_ROOMS), ...outbox.rooms()];
      for (const name of new Set(names.filter(isRoomName))) openRoom(name);
      follow();
    },
    front: () => open.get(front)?.room,
    get: (name) => open.get(name)?.room,
  };
}

/** The counts on the rooms, and their sum in the page's title. */
function createUnreadTotal() {
  const counts = new Map();
  return (name, place, count) => {
    counts.set(name, count);
    const badge = place.querySelector(".badge");
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : String(count);
    const total = [...counts.values()].reduce((sum, one) => sum + one, 0);
    document.title = total === 0 ? "Shoal" : `(${total}) Shoal`;
  };
}
