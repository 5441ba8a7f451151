import type { Client } from "../kit/client-types.js";
import { createShared, type Shared } from "./shared.js";

export type TypingSource = Shared<readonly string[]> & { typed(): void };

/** Whoever types says so at most this often, and is believed for the other time, which is longer. */
const SAY_EVERY_MS = 2000;
const BELIEVE_MS = 5000;

/** Who is typing in a room: only relayed, as it is worthless a second later. */
export function createTypingSource(client: Client, room: string): TypingSource {
  const { socket } = client;
  let saidAt = -Infinity;

  const shared = createShared<readonly string[]>([], (update) => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const stop = (user: string) => {
      timers.delete(user);
      update((users) => users.filter((one) => one !== user));
    };

    function hear({ room: where, body }: { room?: string; body: unknown }): void {
      const user = (body as { typing?: unknown } | null)?.typing;
      if (where !== room || typeof user !== "string" || user === client.user()) return;
      clearTimeout(timers.get(user));
      timers.set(user, setTimeout(stop, BELIEVE_MS, user));
      update((users) => (users.includes(user) ? users : [...users, user]));
    }

    /** The client may have left at once: what is emitted then would go out as whoever is next. */
    const join = () => {
      if (socket.connected) void socket.emitWithAck("join", { room }).catch(() => {});
    };
    socket.on("message", hear);
    socket.on("session", join);
    join();
    return () => {
      for (const timer of timers.values()) clearTimeout(timer);
      socket.off("message", hear);
      socket.off("session", join);
      if (socket.connected) socket.emit("leave", { room }, () => {});
    };
  });

  return {
    ...shared,
    typed() {
      const user = client.user();
      if (user === undefined || !socket.connected || performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      socket.emit("message", { room, body: { typing: user } }, () => {});
    },
  };
}
