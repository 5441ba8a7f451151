import { createConversation } from "./conversation.js";

const PAGE_MESSAGES = 50;
const RESET_NOTES = {
  log: "This room has been started anew on the server: what was shown here is no longer part of it.",
  floor: (floor) => `You were away for longer than messages are kept: those up to ${floor} are gone.`,
};
const DISCARDED = "A message of yours had been stored already: it stands further up.";

/**
 * One open room: the client library on one side, the conversation on the other, and between them the messages that are kept until they are
 * confirmed. `on.change()` is called when `status()` may have changed, `on.message(message)` for each that comes.
 */
export function createRoom(name, { connection, outbox, user, proof, on }) {
  const unsent = new Map();
  let refusal = null;
  let epoch = null;
  /** The first page comes in one piece: what is in it is no news. */
  let isFirstPage = true;
  const conversation = createConversation(name, {
    unread: on.unread,
    earlier: showEarlier,
    retry: (id) => deliver(unsent.get(id)),
    discard: forget,
  });
  const room = connection.rooms.room(name, { onMessage, onReset, onError });
  const owned = (message) => ({ ...message, own: message.from === user });

  function onMessage(message) {
    epoch = room.position().epoch;
    const { own, id } = owned(message);
    proof.received(name, message, own);
    if (own) forget(id);
    conversation.add(owned(message), own ? "confirmed" : "stored", { old: isFirstPage });
    if (isFirstPage) {
      queueMicrotask(() => {
        isFirstPage = false;
      });
    }
    on.message(message);
    on.change();
  }

  function onReset(reset) {
    const wasShown = !conversation.isEmpty();
    conversation.clear();
    proof.forget(name);
    isFirstPage = true;
    if (wasShown) conversation.note(reset.epoch === epoch ? RESET_NOTES.floor(reset.floor) : RESET_NOTES.log);
    on.change();
  }

  function onError(error) {
    refusal = error;
    on.change();
  }

  function forget(id) {
    unsent.delete(id);
    conversation.removeUnsent(id);
    outbox.forget(name, id);
    on.change();
  }

  /** Sends a message, for the first time or again under its id, and shows how far it got. */
  async function deliver({ id, body }) {
    conversation.markUnsent(id, "pending");
    try {
      const { seq } = await room.publish(body, id);
      proof.acknowledged(name, seq);
      outbox.forget(name, id);
      conversation.markUnsent(id, "confirmed", { seq });
      // The message itself comes with the others, in its place; it may only be that it has passed long ago.
      if (!unsent.has(id) || seq > (room.position()?.last ?? 0)) return;
      forget(id);
      conversation.note(DISCARDED);
    } catch ({ code, message }) {
      if (code !== "closed") conversation.markUnsent(id, "failed", { reason: message });
    }
  }

  function enqueue(message) {
    unsent.set(message.id, message);
    conversation.addUnsent({ ...message, from: user, own: true });
    void deliver(message);
    on.change();
  }

  async function showEarlier() {
    const query = { before: conversation.firstSeq(), limit: PAGE_MESSAGES };
    try {
      const page = await connection.api.get("/rooms/:room/messages", { params: { room: name }, query });
      if (page.epoch === epoch) conversation.prepend(page.messages.map(owned), page.more);
    } catch ({ message }) {
      conversation.earlierFailed(message);
    }
  }

  for (const message of outbox.messagesOf(name)) enqueue(message);

  return {
    name,
    /** `last` is the number up to which all is shown; undefined before the first page has come. */
    status: () => ({ last: room.position()?.last, unsent: unsent.size, refusal }),
    send: (body) => enqueue(outbox.create(name, body)),
    /** Shows what was only relayed. */
    showRelayed: (message) => conversation.add(message, "relayed"),
    setVisible: conversation.setVisible,
    /** Own messages that are not confirmed yet are given up. */
    close() {
      for (const id of [...unsent.keys()]) outbox.forget(name, id);
      room.close();
      proof.forget(name);
      conversation.remove();
    },
  };
}
