import { z } from "zod";
import type { Access, AnyoneAccess, KeyAccess, OperatorAccess } from "./access.js";
import type { Channel } from "./channel.js";
import type { Emitted } from "./emitted.js";
import type { ErrorCode } from "./errors.js";
import { NOTHING_PUBLISHED, type Published } from "./published.js";
import { type NotDeclared, parse } from "./validation.js";

/** A connection, as handlers see it. */
export interface Client {
  /** Public id of its Socket.IO session. */
  readonly session: string;
  /** Whom it speaks for. */
  readonly user: string;
  isIn(channel: Channel): boolean;
  /** Sends an event to this client. */
  send<Schema extends z.ZodType>(event: Emitted<Schema>, payload: z.input<Schema>): void;
  /** Sends an event to all others in the channel, of whatever worker; without a channel to all others. At most once each. */
  relay<Schema extends z.ZodType>(
    event: Emitted<Schema>,
    payload: z.input<Schema>,
    channel: Channel | undefined,
  ): void;
}

/** The way into the channel that the event's declaration names in `enters`. */
export interface Entry {
  /**
   * Lets the client in, now; tells whether it did: not when the client is gone, or has left that channel since it sent the event.
   * What is done in the same tick is done before any later event of the channel.
   */
  enter(): boolean;
  /** Takes the client out, as it cannot be in it any longer. */
  exit(): void;
}

/** An event that has come, checked and allowed. */
export interface EventCall<Payload, Ack, Way = Entry> {
  readonly payload: Payload;
  readonly user: string;
  readonly client: Client;
  /** Only of an event that declares `enters`. */
  readonly entry: Way;
  /** Acknowledges now, for what must not be answered later than something the handler does; what it returns is ignored then. */
  readonly acknowledge: (result: Ack) => void;
}

/** How an event is declared. */
export interface EventSpec<Payload extends z.ZodType, Ack extends z.ZodType<object, object>, Enters> {
  /** A sentence for the documentation. */
  readonly summary: string;
  readonly access: Exclude<
    Access<z.output<Payload>>,
    AnyoneAccess | OperatorAccess | KeyAccess<z.output<Payload>>
  >;
  readonly payload: Payload;
  /** What the acknowledgement carries besides `ok: true`; without it nothing. */
  readonly ack?: Ack;
  /** Errors its handler may give besides those that every event may give. */
  readonly errors?: readonly ErrorCode[];
  /** The messages that it stores; each counts as an event of its user, and as a message of its room. Without it, it counts as one event. */
  readonly publishes?: (payload: z.output<Payload>) => readonly Published[];
  /** The channel that it takes the client out of, which needs no right. */
  readonly leaves?: (payload: z.output<Payload>, user: string) => Channel | undefined;
  /** The channel that it may let the client into. Whoever is refused, or fails, is outside afterwards, also if he was in before. */
  readonly enters?: (payload: z.output<Payload>, user: string) => Enters;
}

/** Of an event whose acknowledgement says no more than `ok: true`. */
const NOTHING = z.strictObject({});

/** What a handler gives: the acknowledgement, which may be left out where it may be empty, or undefined when it has acknowledged. */
type Answer<Ack extends z.ZodType> =
  // biome-ignore lint/suspicious/noConfusingVoidType: what a function without a return statement gives
  Record<never, never> extends z.input<Ack> ? z.input<Ack> | void : z.input<Ack> | undefined;

/** Nothing is known of a channel where none is declared. */
type EntryOf<Enters> = [Enters] extends [never] ? NotDeclared : Entry;

/** What the engine gives a handler besides the payload. */
export type EventTools = Omit<EventCall<unknown, object>, "payload">;

/** An event that clients send, with its types gone. */
export interface ClientEvent {
  readonly name: string;
  readonly summary: string;
  readonly access: Access;
  readonly payload: z.ZodType;
  readonly ack: z.ZodType;
  readonly errors: readonly ErrorCode[];
  /** @throws {AppError} `invalid` or `too_large`. */
  read(payload: unknown): unknown;
  /** Of a payload that was read, as the two that follow. */
  publishes(payload: unknown): readonly Published[];
  leaves(payload: unknown, user: string): Channel | undefined;
  enters(payload: unknown, user: string): Channel | undefined;
  /** Once the caller is allowed to send it. May give the acknowledgement, or undefined if it was sent. */
  handle(payload: unknown, tools: EventTools): object | undefined | Promise<object | undefined>;
}

/**
 * Declares an event that clients send. The handler is called with a payload of the schema, after the access was decided; what it
 * throws refuses the event.
 */
export function event<
  Payload extends z.ZodType,
  Ack extends z.ZodType<object, object> = typeof NOTHING,
  Enters extends Channel | undefined = never,
>(
  name: string,
  spec: EventSpec<Payload, Ack, Enters>,
  handler: (
    call: EventCall<z.output<Payload>, z.input<Ack>, EntryOf<Enters>>,
  ) => Answer<Ack> | Promise<Answer<Ack>>,
): ClientEvent {
  const { summary, access, payload, ack = NOTHING, errors = [], publishes, leaves, enters } = spec;
  // Whoever enters may be in too many channels already.
  const all: readonly ErrorCode[] = enters === undefined ? errors : ["too_many_rooms", ...errors];
  return {
    ...{ name, summary, access: access as Access, payload, ack, errors: all },
    read: (value) => parse(payload, value),
    // Types are taken off here and nowhere else: what comes in was read by the schema above.
    publishes: (value) => publishes?.(value as z.output<Payload>) ?? NOTHING_PUBLISHED,
    leaves: (value, user) => leaves?.(value as z.output<Payload>, user),
    enters: (value, user) => enters?.(value as z.output<Payload>, user),
    handle: (value, tools) =>
      handler({
        ...tools,
        payload: value as z.output<Payload>,
        entry: tools.entry as EntryOf<Enters>,
      }) as ReturnType<ClientEvent["handle"]>,
  };
}
