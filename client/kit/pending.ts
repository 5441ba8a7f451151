import type { Json } from "../contract.js";
import type { RoomError } from "../protocol.js";
import type { KeptMessage } from "../stores/store.js";

/** A message that is not confirmed. */
export type Pending = {
  readonly id: string;
  readonly room: string;
  readonly body: Json;
  /** When it was published, by the clock of this device, in ISO 8601. */
  readonly at: string;
  /**
   * `waiting`: it is sent as soon as that is possible. `failed`: it was refused for good. `expired`: it has waited for too long. Such two stay
   * until they are sent again or discarded.
   */
  readonly state: KeptMessage["state"];
  readonly error?: { readonly code: string; readonly message: string };
};

/** What has become of a message, also of one that was published before a reload. */
export type Outcome = Pick<Pending, "id" | "room" | "body" | "at"> &
  (
    | { readonly outcome: "stored"; readonly seq: number }
    | { readonly outcome: "failed" | "expired" | "discarded"; readonly error: RoomError }
  );

export type Stored = { seq: number; id: string };

export type OutboxBounds = {
  /** How long a message may wait, also over reloads. It may be stored even so. */
  expiryMs: number;
  /** The most messages, of all rooms together; more reject with `outbox_full`. */
  maxMessages: number;
  /** The most bytes of their bodies together, as JSON. */
  maxBytes: number;
};

export const publicPart = ({ id, room, body, at }: KeptMessage) => ({
  ...{ id, room, body, at: new Date(at).toISOString() },
});

export const toPending = (kept: KeptMessage): Pending => ({
  ...publicPart(kept),
  state: kept.state,
  ...(kept.error && { error: kept.error }),
});

/** Lists of what is pending in a room, or in all: each the same until something in it changes. */
export function createLists(make: (room: string | undefined) => readonly Pending[]) {
  const lists = new Map<string | undefined, readonly Pending[]>();
  return {
    of(room?: string): readonly Pending[] {
      const list = lists.get(room) ?? make(room);
      lists.set(room, list);
      return list;
    },
    forget(room: string): void {
      lists.delete(room);
      lists.delete(undefined);
    },
  };
}
