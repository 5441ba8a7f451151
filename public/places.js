import { createConversation } from "./conversation.js";

const SUBTITLES = { waiting: "Waiting to join", joining: "Joining", joined: "Joined" };

const byId = (id) => document.getElementById(id);

/**
 * The two conversations, everyone's and the room's, one of them in front. `onRetry(entry)` is called for a failed
 * message's button; `onShown(room | null)` says whose conversation came to the front.
 */
export function createPlaces({ onRetry, onShown }) {
  const unread = createUnreadTotal();
  const conversations = {
    everyone: createConversation(byId("everyone"), { onRetry, onUnread: unread.of("everyone") }),
    room: createConversation(byId("room"), { onRetry, onUnread: unread.of("room") }),
  };
  let room = { name: null, phase: "waiting" };
  let shown = "everyone";

  const of = (message) => conversations[message.room === undefined ? "everyone" : "room"];

  function show(place) {
    shown = place;
    for (const [name, conversation] of Object.entries(conversations)) {
      conversation.setVisible(name === place);
      byId(`place-${name}`).setAttribute("aria-current", String(name === place));
    }
    showTitle(shown, room);
    onShown(place === "room" ? room.name : null);
  }

  byId("place-everyone").addEventListener("click", () => show("everyone"));
  byId("place-room").addEventListener("click", () => show("room"));

  return {
    /** The room whose conversation is in front; undefined for everyone's. */
    shownRoom: () => (shown === "room" ? room.name : undefined),
    add: (message) => of(message).add(message),
    mark: (entry, delivery, reason) => of(entry.message).mark(entry, delivery, reason),
    /** Shows what came from others; messages of a room that has been left in the meantime are not shown. */
    receive(message) {
      if (message.room === undefined || message.room === room.name) of(message).add(message);
    },
    note(line) {
      conversations.everyone.note(line);
      if (room.name !== null) conversations.room.note(line);
    },
    /** Takes over the room's `{name, phase, error?}`. A room of another name comes to the front, empty. */
    setRoom(next) {
      const changed = next.name !== room.name;
      room = next;
      if (!changed) return showTitle(shown, room);
      conversations.room.clear();
      byId("place-room").hidden = room.name === null;
      byId("place-room").querySelector(".place-name").textContent = room.name ?? "";
      show(room.name === null ? "everyone" : "room");
    },
    showRoom: () => show("room"),
  };
}

function showTitle(shown, { name, phase, error }) {
  const inRoom = shown === "room";
  const subtitle = byId("subtitle");
  byId("title").textContent = inRoom ? name : "Everyone";
  subtitle.textContent = inRoom
    ? (SUBTITLES[phase] ?? `Not joined: ${error.message}`)
    : "Every session, on every instance";
  subtitle.classList.toggle("problem", inRoom && phase === "failed");
  byId("room-actions").hidden = !inRoom;
  byId("room-retry").hidden = phase !== "failed";
}

/** The counts on the two places, and their sum in the page's title. */
function createUnreadTotal() {
  const counts = { everyone: 0, room: 0 };
  return {
    of: (place) => (count) => {
      counts[place] = count;
      const badge = byId(`place-${place}`).querySelector(".badge");
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : String(count);
      const total = counts.everyone + counts.room;
      document.title = total === 0 ? "Shoal" : `(${total}) Shoal`;
    },
  };
}
