import type { Prng } from "../../chaos/prng.js";

const ROOMS = Array.from({ length: 24 }, (_, index) => `room-${index}`);
const USERS = Array.from({ length: 24 }, (_, index) => `user-${index}`);

/** Names that cases share, so that some of them meet; made-up ones never would. Undefined for what is no such name. */
export function usualName(prng: Prng, property: string): string | undefined {
  if (property === "room") return prng.pick(ROOMS);
  return property === "user" || property === "from" ? prng.pick(USERS) : undefined;
}

/** The payload with such names in place of made-up ones, and with a real token in place of a made-up one, most of the time. */
export function usual(prng: Prng, payload: unknown, token: string | undefined): unknown {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return payload;
  const entries = Object.entries(payload).map(([property, value]) => {
    if (typeof value !== "string" || prng.chance(0.3)) return [property, value];
    if (property === "token") return [property, token ?? value];
    return [property, usualName(prng, property) ?? value];
  });
  return Object.fromEntries(entries);
}
