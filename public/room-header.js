import { hueOf } from "./message-item.js";

const SHOW_NAMES = 12;

const byId = (id) => document.getElementById(id);

/** Says which room is in front and how far it can be relied upon. */
export function showRoomHeader({ name, status, isConnected }) {
  const { last, refusal } = status;
  byId("title").textContent = name;
  const subtitle = byId("subtitle");
  subtitle.classList.toggle("problem", refusal !== null);
  subtitle.textContent = refusal === null ? howFar(status, isConnected) : `Refused: ${refusal.message}`;
  byId("conversations").dataset.loaded = String(last !== undefined);
}

function howFar({ last, unsent }, isConnected) {
  const shown = last === 0 ? "No messages yet" : `Complete up to ${last}`;
  const opening = isConnected ? "Opening" : "Waiting for a connection";
  const waiting = unsent > 0 && !isConnected ? `; ${unsent} unsent, kept in this browser` : "";
  return (last === undefined ? opening : shown) + waiting;
}

/** Shows who is in the room in front; nothing when that is not known (`null`). */
export function showPresent(present, self) {
  const isKnown = Boolean(present);
  byId("present").hidden = !isKnown;
  byId("present-count").hidden = !isKnown;
  if (!isKnown) return;
  const { users, count } = present;
  byId("present-count").textContent = `${count} here`;
  const shown = users.filter((user) => user !== self).slice(0, SHOW_NAMES);
  const items = [self, ...shown].map((user) => createPerson(user, user === self));
  byId("present-names").replaceChildren(...items);
  const rest = count - items.length;
  byId("present-rest").textContent = rest > 0 ? `and ${rest} more` : "";
}

function createPerson(user, isSelf) {
  const item = byId("person-template").content.cloneNode(true).firstElementChild;
  item.dataset.hue = isSelf ? "self" : hueOf(user);
  item.querySelector(".person-name").textContent = isSelf ? "You" : user;
  return item;
}
