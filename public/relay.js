/**
 * The ephemeral side of the open rooms: who joined a room gets what is relayed in it, at most once and only while
 * connected. A session starts in no room, so all are joined again for every one.
 */
export function createRelay({ emit, ask }) {
  const rooms = new Set();

  return {
    enter(room) {
      rooms.add(room);
      void ask("join", { room });
    },
    leave(room) {
      rooms.delete(room);
      emit("leave", { room });
    },
    resume() {
      for (const room of rooms) void ask("join", { room });
    },
    /** Tells the others in the room that `user` is writing. Nobody waits for it, so nothing is said about failure. */
    sendTyping: (room, user) => emit("message", { room, body: { typing: user } }),
  };
}

/** The name in a relayed `{typing: name}`; undefined for any other message. */
export function typingName(body) {
  const name = typeof body === "object" ? body?.typing : undefined;
  return typeof name === "string" ? name.slice(0, 64) : undefined;
}
