import type { Client } from "../kit/client-types.js";
import { createShared, type Shared } from "./shared.js";

export type PresenceState = {
  /** Who is in the room, as far as the server lists them. */
  readonly users: readonly string[];
  /** How many there are. */
  readonly count: number;
};

const NOBODY: PresenceState = { users: [], count: 0 };
const COME_AGAIN_MS = 5000;

/** Who is in a room. It belongs to a connection, so it is asked anew after each. */
export function createPresenceSource({ socket }: Client, room: string): Shared<PresenceState> {
  return createShared(NOBODY, (update) => {
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function ask(): Promise<void> {
      clearTimeout(timer);
      const { id } = socket;
      const answer = await socket.emitWithAck("presence", { room, watch: true }).catch(() => undefined);
      if (socket.id !== id || answer === undefined) return;
      if (answer.ok) update(() => ({ users: answer.users, count: answer.count }));
      else if (answer.error.temporary) timer = setTimeout(ask, answer.error.retryAfterMs ?? COME_AGAIN_MS);
    }

    function change(news: {
      room: string;
      joined: readonly string[];
      left: readonly string[];
      count: number;
    }): void {
      if (news.room !== room) return;
      update(({ users }) => {
        const rest = users.filter((user) => !news.left.includes(user) && !news.joined.includes(user));
        return { users: [...rest, ...news.joined], count: news.count };
      });
    }

    /** The client may have left at once: what is emitted then would go out as whoever is next. */
    const begin = () => {
      if (socket.connected) void ask();
    };
    socket.on("presence", change);
    socket.on("session", begin);
    begin();
    return () => {
      clearTimeout(timer);
      socket.off("presence", change);
      socket.off("session", begin);
      if (socket.connected) socket.emit("presence", { room, watch: false }, () => {});
    };
  });
}
