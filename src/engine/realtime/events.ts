import type { z } from "zod";
import type { RoomClosed } from "../../contract/room-closed.js";
import type { authExpiring, closing } from "../../contract/session-events.js";
import type { LiveBatch, RoomEntry } from "../../contract/types.js";
import type { PresenceChange } from "../presence/types.js";
import type { RecheckNote } from "../trust/rights/recheck-store.js";
import type { Answer, Question } from "./users/questions.js";

/** What clients send: the features declare it, and the dispatch takes it as it comes. */
export type AnyEvents = Record<string, (...args: never[]) => void>;

/** What the engine sends to clients by itself: of durable rooms, of their presence, and of rights that have ended. */
export interface RoomEvents {
  messages: (batch: LiveBatch) => void;
  presence: (change: PresenceChange) => void;
  room_closed: (closed: RoomClosed) => void;
}

/** What the engine tells a client of its own session. */
export interface SessionEvents {
  auth_expiring: (notice: z.input<typeof authExpiring.payload>) => void;
  closing: (notice: z.input<typeof closing.payload>) => void;
}

/** What workers tell each other. */
export interface InterServerEvents {
  /** Entries that were just stored in a durable room's log of that epoch. */
  stored: (room: string, entries: readonly RoomEntry[], epoch: string, carrier?: string) => void;
  /** Users on the sender have come into these rooms or left them. */
  present: (rooms: readonly string[]) => void;
  /** An event for all connections of these users. */
  users: (users: readonly string[], event: string, payload: unknown) => void;
  /** A worker asks all others about their connections. */
  asked: (id: string, question: Question) => void;
  /** What the worker of this name answers. */
  answered: (id: string, node: string, answer: Answer) => void;
  /** A worker has ended, of this name among those who tell each other who is present. */
  ended: (node: string) => void;
  /** Rights of this scope may have ended. */
  rights: (note: RecheckNote) => void;
  /** Somebody was revoked: who it was stands in the store. */
  revoked: () => void;
}
