import { z } from "zod";
import type { Access, Caller, Decide, UserOf } from "./access.js";
import type { ErrorCode } from "./errors.js";
import type { Passport } from "./passport.js";
import { NOTHING_PUBLISHED, type Published } from "./published.js";
import { type NotDeclared, parse } from "./validation.js";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** Of a part of the request that the route does not look at. */
const UNREAD = z.unknown();

/** A request that has come, checked and allowed. */
export interface RouteCall<Params, Query, Body, User = string | undefined> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Who asks; undefined where the access is `anyone`, `operator` or `key`. */
  readonly user: User;
  /** What that one may do at all; of a key where the access is one. */
  readonly passport: Passport;
}

/** How a route is declared. */
export interface RouteSpec<
  Way,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
> {
  /** A sentence for the documentation. */
  readonly summary: string;
  readonly access: Way & Access<z.output<Params>>;
  /** Of the path's `:names`; without it there are none. */
  readonly params?: Params;
  /** Without it the query is not looked at. */
  readonly query?: Query;
  /** Without it a body is not looked at. */
  readonly body?: Body;
  readonly reply: Reply;
  /** Status of a reply, or how it is chosen; 200 by default. */
  readonly status?: number | Statuses<z.input<Reply>>;
  /** Errors it may give besides those that every route may give. */
  readonly errors?: readonly ErrorCode[];
  /** The messages that it stores; each counts as a request of who asks, and as a message of its room. Without it, it counts as one request. */
  readonly publishes?: (
    params: z.output<Params>,
    body: z.output<Body>,
    passport: Passport,
  ) => readonly Published[];
  /** Whether it is served under whatever Host, where ALLOWED_HOSTS names some: for load balancers, which ask by address. */
  readonly anyHost?: boolean;
  /** Whether an answer may be kept by nobody; always so where the access is a key. */
  readonly fresh?: boolean;
}

/** The statuses that a route may answer with, and which of them belongs to a reply. */
export interface Statuses<Reply> {
  readonly all: readonly number[];
  readonly of: (reply: Reply) => number;
}

/** The parts of a request that a declaration describes, as they came. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** A route with its types gone. */
export interface Route {
  readonly method: Method;
  /** With `:name` for a part that varies. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly reply: z.ZodType;
  readonly statuses: readonly number[];
  readonly errors: readonly ErrorCode[];
  readonly anyHost: boolean;
  readonly fresh: boolean;
  /**
   * Answers a request: reads the path's names, decides whether the caller may, reads the rest, has `charge` charge what it stores and
   * calls the handler. There is no way to the handler around it.
   * @throws {AppError} `invalid`, `too_large`, `forbidden`, and what `charge` and the handler throw.
   */
  answer(
    request: RawRequest,
    caller: Caller,
    decide: Decide,
    charge: (published: readonly Published[]) => void,
  ): Promise<{ status: number; reply: unknown }>;
}

/** Declares a route. */
export function route<
  Way,
  Reply extends z.ZodType,
  Params extends z.ZodType = z.ZodType<NotDeclared>,
  Query extends z.ZodType = z.ZodType<NotDeclared>,
  Body extends z.ZodType = z.ZodType<NotDeclared>,
>(
  method: Method,
  path: string,
  spec: RouteSpec<Way, Params, Query, Body, Reply>,
  handler: (
    call: RouteCall<z.output<Params>, z.output<Query>, z.output<Body>, UserOf<Way>>,
  ) => z.input<Reply> | Promise<z.input<Reply>>,
): Route {
  const { summary, params, query, body, reply, publishes, errors = [], anyHost = false } = spec;
  const access = spec.access as Access;
  // Where types were got around there is none, which the gathering tells.
  const fresh = spec.fresh ?? access?.kind === "key";
  const statuses = statusesOf(spec.status ?? 200);
  return {
    ...{ method, path, summary, access, params, query, body, reply, errors, anyHost, fresh },
    statuses: statuses.all,
    async answer(request, caller, decide, charge) {
      const named = parse(params ?? UNREAD, request.params);
      const confirm = await decide(access, caller, named);
      // Types are taken off here and nowhere else: each part was read by its schema.
      const read = {
        params: named as z.output<Params>,
        query: parse(query ?? UNREAD, request.query) as z.output<Query>,
        body: parse(body ?? UNREAD, request.body) as z.output<Body>,
      };
      charge(publishes?.(read.params, read.body, caller.passport) ?? NOTHING_PUBLISHED);
      const answer = await handler({
        ...read,
        user: caller.passport.user as UserOf<Way>,
        passport: caller.passport,
      });
      await confirm();
      return { status: statuses.of(answer), reply: answer };
    },
  };
}

function statusesOf<Reply>(status: number | Statuses<Reply>): Statuses<Reply> {
  return typeof status === "number" ? { all: [status], of: () => status } : status;
}
