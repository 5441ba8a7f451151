import { readStoredJson, removeStored, store, storedKeys } from "./storage.js";

const PREFIX = "shoal.unsent.";
/** More unconfirmed messages than this are refused. */
const KEEP_MESSAGES = 200;

/**
 * Own messages until the server has confirmed them, kept over a reload with their ids: sent again under the same id, a
 * message is stored once, however often it was on its way, while the room keeps it. One key each, so that two tabs do not overwrite each other.
 */
export function createOutbox() {
  let created = 0;

  /** Ids sort in the order of writing, also after a reload. `randomUUID` would need https. */
  function createId() {
    created += 1;
    const tail = crypto.getRandomValues(new Uint32Array(2)).join("");
    return `${Date.now().toString(36).padStart(9, "0")}-${created.toString(36).padStart(4, "0")}-${tail}`;
  }

  const keyOf = (room, id) => `${PREFIX}${room}/${id}`;

  return {
    count: () => storedKeys(PREFIX).length,
    isFull: () => storedKeys(PREFIX).length >= KEEP_MESSAGES,
    /** A new message `{id, body, at}`, kept where the browser allows it. */
    create(room, body) {
      const message = { id: createId(), body, at: new Date().toISOString() };
      store(keyOf(room, message.id), JSON.stringify({ body, at: message.at }));
      return message;
    },
    forget: (room, id) => removeStored(keyOf(room, id)),
    /** What is unconfirmed in a room, in the order of writing. */
    messagesOf(room) {
      const prefix = keyOf(room, "");
      return storedKeys(prefix).flatMap((key) => {
        const kept = readStoredJson(key);
        return typeof kept?.body === "string"
          ? [{ id: key.slice(prefix.length), body: kept.body, at: kept.at }]
          : [];
      });
    },
    /** The rooms with unconfirmed messages. */
    rooms: () => [...new Set(storedKeys(PREFIX).map((key) => key.slice(PREFIX.length).split("/")[0]))],
  };
}
