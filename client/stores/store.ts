import type { Json } from "../contract.js";

/** A message that is not confirmed, as a store keeps it. It is not changed: another state is another object. */
export type KeptMessage = {
  readonly id: string;
  readonly room: string;
  readonly body: Json;
  /** Its place among the messages of its client. */
  readonly order: number;
  /** When it was published, by the clock of this device, in milliseconds. */
  readonly at: number;
  /** `waiting` is sent; `failed` was refused for good, and `expired` waited for too long: they wait for the application. */
  readonly state: "waiting" | "failed" | "expired";
  readonly error?: { readonly code: string; readonly message: string };
};

/** The outbox of a user, as long as a client has it. */
export type Shelf = {
  /** What was left by the client before this one, in the order in which it is to be sent. It is this client's from now on. */
  readonly left: readonly KeptMessage[];
  /** Keeps messages, in the place of those with their id, and removes others. One call at a time. Rejects when it could not. */
  write(messages: readonly KeptMessage[], removed: readonly string[]): Promise<void>;
  /** Takes what others have left that are gone, as far as nobody else has taken it. */
  takeOver(): Promise<readonly KeptMessage[]>;
  /** What is there stays. */
  close(): Promise<void>;
};

/** Where outboxes are kept. */
export type OutboxStore = {
  /** Whether what it keeps outlives the program. */
  readonly isLasting: boolean;
  /** `owner` names server and user: what is kept under one is never seen under another. Rejects where nothing can be kept. */
  open(owner: string): Promise<Shelf>;
};

/** Whether what was read is a message: another version, or another hand, may have written it. */
export function isKeptMessage(value: unknown): value is KeptMessage {
  const { id, room, body, order, at, state } = (value ?? {}) as { [Name in keyof KeptMessage]?: unknown };
  return (
    [id, room].every((text) => typeof text === "string" && text !== "") &&
    [order, at].every((number) => Number.isFinite(number)) &&
    ["waiting", "failed", "expired"].includes(state as string) &&
    body !== undefined
  );
}

export const inOrder = (messages: readonly KeptMessage[]): KeptMessage[] =>
  [...messages].sort((one, other) => one.order - other.order);
