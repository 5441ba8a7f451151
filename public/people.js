import { paint } from "./colours.js";

/** More names than this are only counted; the server tells no more. */
const KEEP_NAMES = 500;
const SHOW_NAMES = 12;

const byId = (id) => document.getElementById(id);

/**
 * Who is in the open rooms, as the server tells it: a list for every session, then who came and who left. Whoever is in a room gets what is
 * relayed in it, too. A session begins in no room, so that all is asked again for each. `onChange(room)` is called for each change.
 */
export function createPeople({ connection, onChange }) {
  const { socket, ask } = connection;
  const rooms = new Map();

  function tell(room, users, count = 0) {
    rooms.set(room, users && { users, count: Math.max(count, users.size) });
    onChange(room);
  }

  async function enter(room) {
    rooms.set(room, null);
    void ask("join", { room });
    const { ok, users, count } = await ask("presence", { room, watch: true });
    if (ok && rooms.has(room)) tell(room, new Set(users.slice(0, KEEP_NAMES)), count);
  }

  socket.on("connect", () => [...rooms.keys()].map(enter));
  socket.on("disconnect", () => {
    for (const room of rooms.keys()) tell(room, null);
  });
  socket.on("presence", ({ room, joined, left, count }) => {
    const users = rooms.get(room)?.users;
    if (!users) return; // the list that is on its way has it
    for (const user of left) users.delete(user);
    for (const user of joined) if (users.size < KEEP_NAMES) users.add(user);
    tell(room, users, count);
  });

  return {
    enter,
    leave(room) {
      rooms.delete(room);
      void ask("presence", { room, watch: false });
      void ask("leave", { room });
    },
    /** `{users, count}`; null while it is not known, or where it may not be known. */
    in: (room) => rooms.get(room) ?? null,
  };
}

/** Shows who is in the room in front, oneself first; nothing while that is not known. */
export function showPeople(present, self) {
  byId("present-count").textContent = present ? `${present.count} here` : "";
  const others = [...(present?.users ?? [])].filter((user) => user !== self).sort();
  const items = [self, ...others.slice(0, SHOW_NAMES)].map((user) => createPerson(user, user === self));
  byId("present-names").replaceChildren(...items);
  const rest = (present?.count ?? 0) - items.length;
  byId("present-rest").textContent = rest > 0 ? `and ${rest} more` : "";
}

function createPerson(user, isSelf) {
  const item = byId("person-template").content.cloneNode(true).firstElementChild;
  paint(item, user, isSelf);
  item.querySelector(".person-name").textContent = isSelf ? `${user} (you)` : user;
  return item;
}
