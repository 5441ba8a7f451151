import type { RawClient, RawClientOptions } from "../raw/raw-client.js";

/** What one connection does once it is there: the relay's way or the durable rooms'. Outlives reconnects. */
export interface Conversation extends Pick<RawClientOptions, "onMessage" | "onEvent"> {
  /** Enters the room; again after every reconnect. @throws when that is refused or the connection ends. */
  enter(client: RawClient): Promise<void>;
  /** Sends a message; false when it may not, because too much is unconfirmed. */
  send(client: RawClient): boolean;
  /** Messages that have neither been acknowledged nor refused nor given up. */
  pending(): number;
}

/** How the server answers every event. */
export interface Answer {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly temporary?: boolean };
}

/** Why an answer is none of success. */
export function refusalOf(answer: unknown): string | undefined {
  const { ok, error } = (answer ?? {}) as Partial<Answer>;
  return ok === true ? undefined : `refused: ${error?.code ?? "unknown answer"}`;
}

/** True when the server says that the same request may succeed later. */
export function isTemporary(answer: unknown): boolean {
  return (answer as Partial<Answer> | undefined)?.error?.temporary === true;
}
