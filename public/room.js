import { createConversation } from "./conversation.js";
import { fetchEarlier } from "./history.js";

const RESET_NOTES = {
  log: "This room has been started anew on the server: what was shown here is no longer part of it.",
  floor: (floor) => `You were away for longer than messages are kept: those up to ${floor} are gone.`,
};
const DISCARDED = "A message of yours had been stored already: it stands further up.";

/**
 * One open room: the durable messages from the connection on one side, the conversation in `root` on the other, and the
 * outbox between them. `onChange()` is called when `status()` may have changed; the rest of `on` is the conversation's.
 */
export function createRoom(name, { connection, outbox, user, root, on }) {
  const conversation = createConversation(root, {
    onUnread: on.unread,
    onEarlier: () => void showEarlier(),
    onRetry: (id) => void deliver(unsent.get(id)),
    onDiscard: (id) => forget(id),
  });
  const unsent = new Map();
  let refusal = null;
  let epoch = null;
  /** The first page of history comes in one piece: what is in it is no news. */
  let isFirstPage = true;

  const room = connection.openRoom(name, { onMessage, onReset, onError });

  function onMessage(message) {
    epoch = room.position()?.epoch;
    const own = message.from === user;
    if (own) forget(message.id);
    conversation.add({ ...message, own }, own ? "confirmed" : "stored", { old: isFirstPage });
    if (isFirstPage) queueMicrotask(endFirstPage);
    on.message(message);
    on.change();
  }

  function endFirstPage() {
    isFirstPage = false;
  }

  function onReset(reset) {
    const wasShown = !conversation.isEmpty();
    conversation.clear();
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
    conversation.unsent.remove(id);
    outbox.forget(name, id);
    on.change();
  }

  /** Sends an own message, for the first time or again under its id, and shows how far it got. */
  async function deliver(message) {
    conversation.unsent.mark(message.id, "pending");
    try {
      const { seq } = await room.publish(message.body, message.id);
      confirm(message.id, seq);
    } catch (error) {
      if (error.code !== "closed") conversation.unsent.mark(message.id, "failed", { reason: error.message });
    }
  }

  /** The message itself comes with the others, in its place; here it may only be that it has passed long ago. */
  function confirm(id, seq) {
    outbox.forget(name, id);
    conversation.unsent.mark(id, "confirmed", { seq });
    if (!unsent.has(id) || seq > (room.position()?.last ?? 0)) return;
    forget(id);
    conversation.note(DISCARDED);
  }

  function enqueue(message) {
    unsent.set(message.id, message);
    conversation.addUnsent({ ...message, from: user, own: true });
    void deliver(message);
    on.change();
  }

  async function showEarlier() {
    try {
      const page = await fetchEarlier({ room: name, before: conversation.firstSeq(), user });
      if (page.epoch !== epoch) return; // the reset that this calls for comes by the connection
      const messages = page.messages.map((message) => ({ ...message, own: message.from === user }));
      conversation.prepend(messages, page.more);
    } catch (error) {
      conversation.earlierFailed(error.message);
    }
  }

  for (const message of outbox.messagesOf(name)) enqueue(message);

  return {
    name,
    /** `last` is the number up to which everything is shown; undefined before the first page has come. */
    status: () => ({ last: room.position()?.last, unsent: unsent.size, refusal }),
    send: (body) => enqueue(outbox.create(name, body)),
    /** Shows what was only relayed. */
    showRelayed: (message) => conversation.add(message, "relayed"),
    setVisible: conversation.setVisible,
    /** Own messages that are not confirmed yet are given up. */
    close() {
      for (const id of [...unsent.keys()]) outbox.forget(name, id);
      room.close();
      conversation.remove();
    },
  };
}
