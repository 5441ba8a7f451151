import { createRoom } from "./room.js";
import { keep, readJson } from "./storage.js";

const KEY = "shoal.rooms";
/** Always in the list, so that whoever comes by a link finds home. */
const HOME = "lobby";
const ROOM_NAME = /^[A-Za-z0-9_.:@-]{1,128}$/;
/** Each open room costs a subscription and a list in memory. The one that was opened first gives way. */
const KEEP_ROOMS = 8;

const byId = (id) => document.getElementById(id);
const isRoomName = (name) => typeof name === "string" && ROOM_NAME.test(name) && !/^\.\.?$/.test(name);

const FORM = "A room has 1 to 128 letters, digits or _ . : @ - and no spaces";
/** So much of a wrong address is shown. */
const MOST_SHOWN = 60;

/** The room that the address asks for (`#room=name`); home if it names none, or none that is allowed, with what is wrong then. */
export function roomInAddress() {
  const asked = location.hash.slice(1);
  const name = new URLSearchParams(asked).get("room");
  if (isRoomName(name)) return { name, problem: "" };
  const shown = (text) => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
  const isWrong = name
    ? `There is no room “${shown(name)}”: ${FORM.toLowerCase()}`
    : "The link names no room";
  return { name: HOME, problem: asked === "" ? "" : `${isWrong}. This is the ${HOME}.` };
}

/**
 * The open rooms, and the one in front, which is the one that the address names: links, the form, the back button and leaving all go through
 * the address. `parts` is what each room is made of; `on.shown(room)` says which came to the front.
 */
export function createRooms({ parts, people, on }) {
  const open = new Map();
  const unread = new Map();
  let front;
  /** Whether who goes to a room is about to write: the focus follows once the room is shown, as what is hidden cannot have it. */
  let isToWrite = false;

  function openRoom(name) {
    const link = byId("place-template").content.cloneNode(true).firstElementChild;
    link.href = `#room=${encodeURIComponent(name)}`;
    link.querySelector(".place-name").textContent = name;
    byId("places").append(link);
    const count = (number) => showUnread(name, link, number);
    const room = createRoom(name, {
      ...parts,
      on: { unread: count, change: on.change, message: (message) => on.message(name, message) },
    });
    room.setVisible(false);
    open.set(name, { room, link });
    void people.enter(name);
  }

  function close(name) {
    const { room, link } = open.get(name);
    open.delete(name);
    people.leave(name);
    room.close();
    link.remove();
  }

  /** The counts on the rooms, and their sum in the page's title. */
  function showUnread(name, link, count) {
    unread.set(name, count);
    const badge = link.querySelector(".badge");
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : String(count);
    const total = [...unread.values()].reduce((sum, one) => sum + one, 0);
    document.title = total === 0 ? "Shoal" : `(${total}) Shoal`;
  }

  /** Brings the room of the address to the front, opening it if need be. */
  function follow() {
    const { name: asked, problem } = roomInAddress();
    front = asked;
    byId("link-problem").textContent = problem;
    if (!open.has(front)) openRoom(front);
    for (const [name, { room }] of open) {
      const mayGo = name !== front && name !== HOME && room.status().unsent === 0;
      if (open.size > KEEP_ROOMS && mayGo) close(name);
    }
    keep("browser", KEY, JSON.stringify([...open.keys()]));
    for (const [name, { room, link }] of open) {
      room.setVisible(name === front);
      if (name === front) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    byId("room-leave").hidden = front === HOME;
    disarm();
    on.shown(open.get(front).room);
    if (isToWrite) byId("draft").focus();
    isToWrite = false;
  }

  /** Goes to a room to write there; it may be in front already, and then its address is no news. */
  function goTo(name) {
    const hash = `#room=${encodeURIComponent(name)}`;
    isToWrite = true;
    if (location.hash === hash) follow();
    else location.hash = hash;
  }

  /** Leaving gives up what is not confirmed yet; then it takes a second click, on a button that says so. */
  function leave() {
    const { unsent } = open.get(front).room.status();
    if (unsent > 0 && byId("room-leave").dataset.armed !== "true") {
      byId("room-leave").dataset.armed = "true";
      byId("room-leave").textContent = `Leave and give up ${unsent} unsent`;
      return;
    }
    close(front);
    goTo(HOME);
  }

  function disarm() {
    byId("room-leave").dataset.armed = "false";
    byId("room-leave").textContent = "Leave";
  }

  byId("room-leave").addEventListener("click", leave);
  byId("room-leave").addEventListener("blur", disarm);
  byId("room-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = byId("room-name");
    const name = input.value.trim().replace(/^#/, "");
    const isAllowed = isRoomName(name);
    byId("room-problem").textContent = isAllowed ? "" : FORM;
    input.setAttribute("aria-invalid", String(!isAllowed));
    if (!isAllowed) return input.focus();
    input.value = "";
    goTo(name);
  });
  window.addEventListener("hashchange", follow);

  return {
    /** Opens the rooms that were open, and those that have something to send. */
    start(withUnsent) {
      const kept = readJson("browser", KEY);
      const names = [HOME, ...(Array.isArray(kept) ? kept : []).slice(-KEEP_ROOMS), ...withUnsent];
      for (const name of new Set(names.filter(isRoomName))) openRoom(name);
      follow();
    },
    front: () => open.get(front)?.room,
    get: (name) => open.get(name)?.room,
  };
}
