import { z } from "zod";
import { type Asked, grantedBy, type Operation, ROOM_OPERATIONS } from "./operations.js";

/** Patterns of one token or key, and words of one pattern. */
const MOST_PATTERNS = 100;
const MOST_WORDS = 32;

/** Stands for the user in a pattern. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in tokens
export const SUBJECT = "${sub}";

/** Segments between colons: letters of room names, `*` or `${sub}`. */
const PATTERN = /^(?:[A-Za-z0-9_.@-]+|\*|\$\{sub\})(?::(?:[A-Za-z0-9_.@-]+|\*|\$\{sub\}))*$/;

/**
 * What a token, a key or a default grants: patterns of rooms, and for each the words of GRANT_WORDS. Words that are not among them
 * grant nothing, so that one token may serve several versions.
 */
export const caps = z
  .record(
    z
      .string()
      .max(128)
      .regex(PATTERN, `must be segments of letters, digits or _ . @ -, \`*\` or \`${SUBJECT}\``),
    z.array(z.string().max(64)).max(MOST_WORDS),
  )
  .refine(
    (value) => Object.keys(value).length <= MOST_PATTERNS,
    `must have at most ${MOST_PATTERNS} patterns`,
  );

export type Caps = z.output<typeof caps>;

/** What somebody may do. */
export interface Capabilities {
  allows(asked: Asked): boolean;
}

interface Grant {
  readonly segments: readonly string[];
  readonly operations: ReadonlySet<Operation>;
}

/**
 * What these grant, added up. In a pattern `*` stands for one segment between colons, at the end for one or more, and `${sub}` for the
 * user, written by {@link asSegment}. What concerns no room is granted by the pattern `*` alone. A check takes less than 1 µs.
 */
export function capabilities(granted: Caps, user: string | undefined): Capabilities {
  const grants: Grant[] = [];
  for (const [pattern, words] of Object.entries(granted)) {
    if (user === undefined && pattern.includes(SUBJECT)) continue;
    const segments = pattern
      .split(":")
      .map((segment) => (segment === SUBJECT ? asSegment(user ?? "") : segment));
    grants.push({ segments, operations: new Set(words.flatMap(grantedBy)) });
  }
  return {
    allows: ({ operation, room }) =>
      grants.some(
        ({ segments, operations }) =>
          operations.has(operation) &&
          (room === undefined ? isEverything(segments) : covers(segments, room.split(":"))),
      ),
  };
}

/**
 * A user's id as one segment of a room's name. Letters, digits and `_ . -` stay; any other character becomes `@` and the two hexadecimal
 * digits of its byte, so that no two users share a segment and none reaches into another one.
 */
export function asSegment(user: string): string {
  return user.replaceAll(/[^A-Za-z0-9_.-]/g, (character) =>
    Buffer.from(character).reduce((text, byte) => `${text}@${byte.toString(16).padStart(2, "0")}`, ""),
  );
}

function isEverything(segments: readonly string[]): boolean {
  return segments.length === 1 && segments[0] === "*";
}

function covers(segments: readonly string[], room: readonly string[]): boolean {
  const isOpen = segments.at(-1) === "*";
  if (isOpen ? room.length < segments.length : room.length !== segments.length) return false;
  return segments.every((segment, index) => segment === "*" || segment === room[index]);
}

/** Everything that users may do: in any room, and relaying to everybody. */
export const EVERYTHING: Caps = { "*": [...ROOM_OPERATIONS, "broadcast"] };
