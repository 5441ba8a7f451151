/** What somebody may want to do in a room. */
export const ROOM_OPERATIONS = [
  "join",
  "relay",
  "publish",
  "subscribe",
  "page",
  "presence",
  "watch",
  "manage",
] as const;

export type RoomOperation = (typeof ROOM_OPERATIONS)[number];

/** What concerns no room of its own: relaying to everybody, users, the list of rooms, revocations, what operators see and do. */
export const SERVER_OPERATIONS = ["broadcast", "users", "rooms", "revoke", "operate"] as const;

export type ServerOperation = (typeof SERVER_OPERATIONS)[number];

/** What is asked of capabilities, and of the application's rule. */
export type Asked =
  | { readonly operation: RoomOperation; readonly room: string }
  | { readonly operation: ServerOperation; readonly room?: undefined };

export type Operation = Asked["operation"];

/** Those that show what is in a room or who. */
export const READING: readonly Operation[] = ["subscribe", "page", "presence", "watch"];

/** Words that grant several operations at once. */
const GROUPS: Readonly<Record<string, readonly Operation[]>> = {
  "*": [...ROOM_OPERATIONS, ...SERVER_OPERATIONS],
  read: ["join", "subscribe", "page"],
  relay: ["join", "relay"],
  presence: ["presence", "watch"],
};

/** All words in which rights are granted. */
export const GRANT_WORDS: readonly string[] = [
  ...new Set([...Object.keys(GROUPS), ...ROOM_OPERATIONS, ...SERVER_OPERATIONS]),
];

/** The operations that a word grants; none when it is not one of {@link GRANT_WORDS}. */
export function grantedBy(word: string): readonly Operation[] {
  if (Object.hasOwn(GROUPS, word)) return GROUPS[word] ?? [];
  return GRANT_WORDS.includes(word) ? [word as Operation] : [];
}
