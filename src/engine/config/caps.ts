import { type Caps, caps, SUBJECT } from "../../contract/capabilities.js";
import { GRANT_WORDS, grantedBy, type Operation, SERVER_OPERATIONS } from "../../contract/operations.js";
import { ROOM_NAME } from "../../contract/room-names.js";

/** Who is granted something: a user, by default, or the holder of a key of the server API. */
export type Holder = "user" | "key";

/**
 * Capabilities in a configuration, where a grant of nothing is a mistake; in a token it may be meant for another version. `place`: where they
 * stand, for the message.
 * @throws {TypeError} that shows no pattern and no unknown word: people paste secrets into the wrong place.
 */
export function readCaps(value: unknown, holder: Holder, place = ""): Caps {
  const result = caps.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const about = issue?.code === "invalid_key" ? `: a pattern ${issue.issues[0]?.message}` : "";
    throw new TypeError(
      `must have patterns of rooms with lists of operations, such as {"chat:*": ["read"]}${place}${about}`,
    );
  }
  for (const [pattern, words] of Object.entries(result.data)) {
    const problem = problemOfPattern(pattern, holder) ?? problemOfWords(words, pattern, holder);
    if (problem !== undefined)
      throw new TypeError(`must have ${problem.wanted}${place}${problem.reason ?? ""}`);
  }
  return result.data;
}

interface Problem {
  readonly wanted: string;
  readonly reason?: string;
}

function problemOfPattern(pattern: string, holder: Holder): Problem | undefined {
  if (holder === "key" && pattern.includes(SUBJECT))
    return { wanted: `no ${SUBJECT}`, reason: ": a key is no user" };
  const example = pattern.replaceAll(SUBJECT, "a").replaceAll("*", "a");
  return ROOM_NAME.test(example) ? undefined : { wanted: "patterns that cover a room" };
}

function problemOfWords(words: readonly string[], pattern: string, holder: Holder): Problem | undefined {
  if (!words.every((word) => GRANT_WORDS.includes(word)))
    return { wanted: `only ${GRANT_WORDS.join(", ")} as operations` };
  const [ofServers, ofKeys] = ["", "broadcast"].map((but) =>
    words.find((word) => word !== but && grantedBy(word).every(isOfServers)),
  );
  if (pattern !== "*" && ofServers !== undefined)
    return { wanted: `${ofServers} with the pattern "*" only`, reason: ": it concerns no room" };
  if (holder === "user" && ofKeys !== undefined)
    return { wanted: `no ${ofKeys}`, reason: ": it is for keys" };
  return undefined;
}

function isOfServers(operation: Operation): boolean {
  return SERVER_OPERATIONS.some((one) => one === operation);
}
