import { keep, keysOf, readJson } from "./storage.js";

/** More unconfirmed messages than this are refused. */
const KEEP_MESSAGES = 200;

/**
 * A user's messages until the server has confirmed them, kept over a reload with their ids: sent again under the same id, a message is stored
 * once, however often it was on its way, while the room keeps it. One key each, so that tabs do not overwrite each other.
 */
export function createOutbox(user) {
  const prefix = `shoal.unsent.${user}/`;
  const keyOf = (room, id) => `${prefix}${room}/${id}`;
  let created = 0;

  /** Ids sort in the order of writing, also after a reload. `randomUUID` would need https. */
  function createId() {
    created += 1;
    const tail = crypto.getRandomValues(new Uint32Array(2)).join("");
    return `${Date.now().toString(36).padStart(9, "0")}-${created.toString(36).padStart(4, "0")}-${tail}`;
  }

  return {
    count: () => keysOf(prefix).length,
    isFull: () => keysOf(prefix).length >= KEEP_MESSAGES,
    /** A new message `{id, body, at}`, kept where the browser allows it. */
    create(room, body) {
      const message = { id: createId(), body, at: new Date().toISOString() };
      keep("browser", keyOf(room, message.id), JSON.stringify({ body, at: message.at }));
      return message;
    },
    forget: (room, id) => keep("browser", keyOf(room, id), null),
    /** What is unconfirmed in a room, in the order of writing. */
    messagesOf: (room) =>
      keysOf(keyOf(room, "")).flatMap((key) => {
        const { body, at } = readJson("browser", key) ?? {};
        return typeof body === "string" ? [{ id: key.split("/").at(-1), body, at }] : [];
      }),
    /** The rooms with unconfirmed messages. */
    rooms: () => [...new Set(keysOf(prefix).map((key) => key.slice(prefix.length).split("/")[0]))],
  };
}
