import type { z } from "zod";
import type { Access, Caller, Decide, RuledAccess, UserOf } from "./access.js";
import { AppError, type ErrorCode } from "./errors.js";
import { type NotDeclared, parse } from "./validation.js";

/** One event of a stream, as `EventSource` of the HTML standard reads it. */
export interface StreamEvent {
  /** What a client names when it comes back. One line. */
  readonly id: string;
  /** One of those that are declared; clients take `message` for what it is called without a name. */
  readonly event: string;
  readonly data: unknown;
}

/** An event, or just the place that a client has reached. */
export type StreamedEvent = StreamEvent | { readonly id: string };

export function isEvent(streamed: StreamedEvent): streamed is StreamEvent {
  return "event" in streamed;
}

/**
 * Sends events, once it is certain that the caller still may have them; nothing at all begins the answer. Resolves when there is room for
 * more, or the stream has ended.
 * @throws {AppError} when the caller may not any more; the handler is to end then.
 */
export type SendEvents = (events: readonly StreamedEvent[]) => Promise<void>;

/** A stream that was asked for, checked and allowed. */
export interface StreamCall<Params, Query, Last, User> {
  readonly params: Params;
  readonly query: Query;
  /** Of the last event that the client has had; undefined when it comes for the first time. */
  readonly last: Last | undefined;
  readonly user: User;
  /** Tells of the end: the client has gone, or is to come back elsewhere. */
  readonly signal: AbortSignal;
}

type Events = Readonly<Record<string, z.ZodType>>;

/** How a stream is declared. */
export interface StreamSpec<
  Way,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Last extends z.ZodType<unknown, string>,
> {
  /** A sentence for the documentation. */
  readonly summary: string;
  readonly access: Way & Access<z.output<Params>>;
  /** Of the path's `:names`. */
  readonly params: Params;
  readonly query: Query;
  /** The id of the last event, which a client sends as `Last-Event-ID`. */
  readonly last: Last;
  /** The data of each event, by its name. */
  readonly events: Events;
  /** Errors it may begin or end with besides those that every route may give. */
  readonly errors?: readonly ErrorCode[];
}

/** What was asked for, as it came. */
export interface RawStreamRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly last: string | undefined;
}

/** A stream that may begin. */
export interface Opened {
  /** The room that it is about, if it is about one. */
  readonly room: string | undefined;
  /** Asks again whether the caller may. @throws {AppError} as {@link Decide}. */
  confirm(): Promise<unknown>;
  /** Runs until the signal is given, or there is nothing more to send. */
  run(send: SendEvents, signal: AbortSignal): Promise<void>;
}

/** A stream with its types gone. It is asked for with GET. */
export interface Stream {
  readonly method: "GET";
  /** With `:name` for a part that varies. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly events: Events;
  readonly errors: readonly ErrorCode[];
  /** Never so: see `Route`. */
  readonly anyHost: false;
  /**
   * Reads the request and decides whether the caller may. There is no way to the handler around it.
   * @throws {AppError} `invalid`, `forbidden`.
   */
  open(request: RawStreamRequest, caller: Caller, decide: Decide): Promise<Opened>;
}

/** Declares a stream of server-sent events, for clients that have nothing but HTTP. */
export function stream<
  Way,
  Last extends z.ZodType<unknown, string>,
  Params extends z.ZodType = z.ZodType<NotDeclared>,
  Query extends z.ZodType = z.ZodType<NotDeclared>,
>(
  path: string,
  spec: StreamSpec<Way, Params, Query, Last>,
  handler: (
    call: StreamCall<z.output<Params>, z.output<Query>, z.output<Last>, UserOf<Way>>,
    send: SendEvents,
  ) => Promise<void>,
): Stream {
  const { summary, params, query, events, errors = [] } = spec;
  const access = spec.access as Access;
  return {
    ...{ method: "GET", path, summary, access, params, query, events, errors, anyHost: false },
    async open(request, caller, decide) {
      const named = parse(params, request.params);
      await decide(access, caller, named);
      const read = {
        params: named,
        query: parse(query, request.query),
        last: request.last === undefined ? undefined : parseLast(spec.last, request.last),
        user: caller.passport.user as UserOf<Way>,
      };
      return {
        room: access.kind === "ruled" ? (access as RuledAccess<unknown>).asked(named).room : undefined,
        async confirm() {
          const sure = await decide(access, caller, named);
          await sure();
        },
        run: (send, signal) => handler({ ...read, signal }, send),
      };
    },
  };
}

/** @throws {AppError} `invalid`, which names the header. */
function parseLast<Last extends z.ZodType>(schema: Last, text: string): z.output<Last> {
  const { success, data, error } = schema.safeParse(text);
  if (!success) throw new AppError("invalid", `Last-Event-ID: ${error.issues[0]?.message}`);
  return data;
}
