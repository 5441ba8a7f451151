import { z } from "zod";
import { AppError, ERRORS, type ErrorCode } from "./errors.js";
import type { ClientEvent } from "./event.js";
import type { JsonSchema } from "./json-schema.js";
import type { Route } from "./route.js";

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** See `ErrorBody`. */
export const errorBody = z
  .strictObject({
    code: z.enum(ERROR_CODES),
    message: z.string().max(500).describe("For people; may change"),
    temporary: z.boolean().describe("Whether the same request may succeed later, unchanged"),
    retryAfterMs: z.int().min(0).max(3_600_000).optional().describe("Time after which to ask again"),
  })
  .meta({ id: "Error" });

/** What may go wrong with any route, or any event. */
const ANYWHERE: readonly ErrorCode[] = ["invalid", "internal", "temporary"];
/** What may be wrong with a body, which is read before it is known whether the route looks at it. */
const OF_BODIES: readonly ErrorCode[] = ["malformed_json", "too_large", "unsupported_media_type"];

/** What may be wrong with the token of whoever has to say who he is. */
const OF_TOKENS: readonly ErrorCode[] = ["unauthenticated", "token_expired", "token_revoked"];
/** What may be wrong with the key of whoever needs one. */
const OF_KEYS: readonly ErrorCode[] = ["unauthenticated", "forbidden"];

/** All errors that a route may give, in the catalogue's order. */
export function errorsOfRoute({
  access,
  anyHost,
  errors,
}: Pick<Route, "access" | "anyHost" | "errors">): ErrorCode[] {
  const isPublic = access.kind !== "operator";
  return inOrder([
    ...ANYWHERE,
    ...(access.kind === "user" || access.kind === "ruled" ? OF_TOKENS : []),
    ...(access.kind === "key" || access.kind === "operator" ? OF_KEYS : []),
    ...(anyHost ? [] : OF_BODIES),
    // Load balancers and operators ask as often as they like.
    ...(isPublic && !anyHost ? (["rate_limited"] as const) : []),
    // Also to whoever asks under a name that ALLOWED_HOSTS does not have.
    ...(isPublic && (!anyHost || access.kind !== "anyone") ? (["forbidden"] as const) : []),
    ...errors,
  ]);
}

/** All errors that an event may be acknowledged with, in the catalogue's order. */
export function errorsOfEvent({ errors }: ClientEvent): ErrorCode[] {
  return inOrder([...ANYWHERE, "too_large", "forbidden", "rate_limited", ...errors]);
}

/** The error of one of these codes. */
export function errorWith(codes: readonly ErrorCode[], error: JsonSchema): JsonSchema {
  return { allOf: [error, { type: "object", properties: { code: { enum: [...codes] } } }] };
}

/**
 * What a handler has thrown, as it is when one of these errors; otherwise an error that tells the developer what to declare. For
 * development and tests.
 */
export function onlyDeclared(thrown: unknown, codes: readonly ErrorCode[], name: string): unknown {
  return thrown instanceof AppError && !codes.includes(thrown.code)
    ? new Error(`${name} gives the error "${thrown.code}", which it does not declare`, { cause: thrown })
    : thrown;
}

function inOrder(codes: readonly ErrorCode[]): ErrorCode[] {
  return ERROR_CODES.filter((code) => codes.includes(code));
}
