import fc from "fast-check";
import { createDecide, key, keyInRoom, room, user } from "../../src/contract/access.js";
import { asSegment, capabilities, caps, EVERYTHING } from "../../src/contract/capabilities.js";
import type { Operation } from "../../src/contract/operations.js";
import type { Passport } from "../../src/contract/passport.js";
import { USER_ID } from "../../src/contract/room-names.js";

const may = (granted: Record<string, string[]>, operation: Operation, room?: string, user = "ann") =>
  capabilities(caps.parse(granted), user).allows({ operation, room } as never);

describe("a pattern", () => {
  test.each([
    ["kitchen", "kitchen", true],
    ["kitchen", "kitchen2", false],
    ["chat:*", "chat:a", true],
    ["chat:*", "chat:a:b", true],
    ["chat:*", "chat", false],
    ["chat:*", "chats:a", false],
    ["*:log", "a:log", true],
    ["*:log", "a:b:log", false],
    ["*:log", "a:log:b", false],
    ["a:*:c:*", "a:b:c:d:e", true],
    ["*", "anything:at:all", true],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in tokens
    ["own:${sub}", "own:ann", true],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in tokens
    ["own:${sub}", "own:bob", false],
    ["a.c", "abc", false],
    ["constructor", "constructor", true],
    ["constructor", "__proto__", false],
  ])("%s covers %s: %s", (pattern, name, covers) => {
    expect(may({ [pattern]: ["publish"] }, "publish", name)).toBe(covers);
  });

  test.each(["", ":", "a:", "a**", "a b", "a/b", "own:$sub", "x".repeat(129)])(
    "is refused as %j",
    (pattern) => {
      expect(caps.safeParse({ [pattern]: ["read"] }).success).toBe(false);
    },
  );
});

test("grants of several patterns add up, and nothing else is granted", () => {
  const granted = { "chat:*": ["read"], "chat:a": ["publish"], other: ["*"] };

  expect(may(granted, "subscribe", "chat:a")).toBe(true);
  expect(may(granted, "publish", "chat:a")).toBe(true);
  expect(may(granted, "publish", "chat:b")).toBe(false);
  expect(may(granted, "relay", "chat:a")).toBe(false);
  expect(may({}, "page", "chat:a")).toBe(false);
});

test("words grant what they stand for, and unknown ones nothing", () => {
  const allowed = (word: string) =>
    (["join", "relay", "publish", "subscribe", "page", "presence", "watch", "manage"] as const).filter(
      (operation) => may({ r: [word] }, operation, "r"),
    );

  expect(allowed("read")).toEqual(["join", "subscribe", "page"]);
  expect(allowed("relay")).toEqual(["join", "relay"]);
  expect(allowed("presence")).toEqual(["presence", "watch"]);
  expect(allowed("page")).toEqual(["page"]);
  expect(allowed("toString")).toEqual([]);
  expect(allowed("fly")).toEqual([]);
});

test("what concerns no room is granted by the pattern * alone", () => {
  expect(may({ "*": ["broadcast"] }, "broadcast")).toBe(true);
  expect(may({ "*": ["*"] }, "operate")).toBe(true);
  expect(may({ "chat:*": ["*"], "*:*": ["*"] }, "broadcast")).toBe(false);
  expect(may(EVERYTHING, "broadcast")).toBe(true);
  expect(may(EVERYTHING, "users")).toBe(false);
});

test("no two users share a segment, and none reaches into another one", () => {
  // Without the look ahead, which fast-check cannot make strings from.
  const users = fc.stringMatching(/^[A-Za-z0-9_.:@|+=~-]{1,128}$/).filter((user) => USER_ID.test(user));
  fc.assert(
    fc.property(users, users, (one, other) => {
      expect(asSegment(one)).toMatch(/^[A-Za-z0-9_.@-]+$/);
      expect(asSegment(one) === asSegment(other)).toBe(one === other);
    }),
  );
  expect(asSegment("auth0|a@b.c")).toBe("auth0@7ca@40b.c");
});

test("a user's name is never one that clients take out of a URL", () => {
  expect([".", ".."].filter((user) => USER_ID.test(user))).toEqual([]);
  expect(["...", ".a", "a."].filter((user) => !USER_ID.test(user))).toEqual([]);
});

test("who has no name gets nothing by a pattern of his own", () => {
  const granted = caps.parse({ "own:${sub}": ["*"], "own:*": [] });

  expect(capabilities(granted, undefined).allows({ operation: "publish", room: "own:" })).toBe(false);
});

test("what is too much to look through at each event is refused", () => {
  const patterns = Array.from({ length: 101 }, (_, index) => [`r${index}`, ["read"]]);

  expect(caps.safeParse(Object.fromEntries(patterns)).success).toBe(false);
  expect(caps.safeParse({ r: new Array(33).fill("read") }).success).toBe(false);
  expect(caps.safeParse(["read"]).success).toBe(false);
  expect(caps.safeParse({ r: "read" }).success).toBe(false);
});

describe("the decision", () => {
  const decide = createDecide(async (_user, { room }) => {
    if (room === "closed") throw new Error("the rule was asked");
  });
  const passport = (kind: Passport["kind"], granted: Record<string, string[]>, user?: string): Passport => {
    const { allows } = capabilities(caps.parse(granted), user);
    return { kind, user, may: allows };
  };
  const call = (access: Parameters<typeof decide>[0], who: Passport, input: unknown) =>
    decide(access, { passport: who, isOperator: false }, input);
  const forbidden = { code: "forbidden" };

  test("asks the capabilities first, then the rule", async () => {
    const ann = passport("token", { "chat:*": ["read"], closed: ["read"] }, "ann");

    await call(room("subscribe"), ann, { room: "chat:a" });
    await expect(call(room("publish"), ann, { room: "chat:a" })).rejects.toMatchObject(forbidden);
    await expect(call(room("publish"), ann, { room: "closed" })).rejects.toMatchObject(forbidden);
    await expect(call(room("subscribe"), ann, { room: "closed" })).rejects.toThrow("the rule was asked");
  });

  test("lets keys do what is for keys only, without a rule, and users nothing of it", async () => {
    const server = passport("key", { "chat:*": ["*"], "*": ["users"], closed: ["manage"] });
    const ann = passport("token", { "*": ["*"] }, "ann");

    await call(keyInRoom("manage"), server, { room: "closed" });
    await call(key("users"), server, {});
    await expect(call(key("revoke"), server, {})).rejects.toMatchObject(forbidden);
    await expect(call(keyInRoom("manage"), server, { room: "other" })).rejects.toMatchObject(forbidden);
    await expect(call(key("users"), ann, {})).rejects.toMatchObject(forbidden);
    await expect(call(room("subscribe"), server, { room: "chat:a" })).rejects.toMatchObject(forbidden);
    await expect(call(user, server, {})).rejects.toMatchObject(forbidden);
  });
});
