/** More names than this are only counted. */
const KEEP_NAMES = 500;

/**
 * Who is in the open rooms, as the server tells it: a list for every session, then who came and who left. `onPresent`
 * gets `(room, {users, count})`, or `(room, null)` while that is not known, as on a server without presence.
 */
export function createPresence({ ask, emit, onPresent }) {
  const rooms = new Map();

  async function watch(room) {
    const answer = await ask("presence", { room, watch: true });
    if (!rooms.has(room) || !answer.ok || !Array.isArray(answer.users)) return;
    tell(room, new Set(answer.users.slice(0, KEEP_NAMES)), answer.count);
  }

  function tell(room, users, count) {
    rooms.set(room, users);
    onPresent(room, { users: [...users].sort(), count: Math.max(Number(count) || 0, users.size) });
  }

  return {
    enter(room) {
      rooms.set(room, null);
      void watch(room);
    },
    leave(room) {
      rooms.delete(room);
      emit("presence", { room, watch: false });
    },
    resume() {
      for (const room of rooms.keys()) void watch(room);
    },
    suspend() {
      for (const room of rooms.keys()) {
        rooms.set(room, null);
        onPresent(room, null);
      }
    },
    change({ room, joined, left, count }) {
      const users = rooms.get(room);
      if (!users) return; // the list that is on its way has it
      for (const user of left ?? []) users.delete(user);
      for (const user of joined ?? []) if (users.size < KEEP_NAMES) users.add(user);
      tell(room, users, count);
    },
  };
}
