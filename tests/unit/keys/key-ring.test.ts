import { createKeyRing } from "../../../src/engine/trust/keys/key-ring.js";
import { makeKey } from "../../support/api-keys.js";

const ci = makeKey("ci", { "news:*": ["publish"], "*": ["users"] });

describe("the ring of keys", () => {
  test("knows a key by its name and its secret", () => {
    const passport = createKeyRing([ci.entry]).passportOf(ci.key);

    expect(passport).toMatchObject({ kind: "key", key: "ci", user: undefined });
    expect(passport?.may({ operation: "publish", room: "news:today" })).toBe(true);
    expect(passport?.may({ operation: "users" })).toBe(true);
    expect(passport?.may({ operation: "publish", room: "chat" })).toBe(false);
    expect(passport?.may({ operation: "operate" })).toBe(false);
  });

  test("knows both secrets of a key while one replaces the other, and then the new one only", () => {
    const next = makeKey("ci");
    const [old = ""] = ci.entry.sha256;
    const [fresh = ""] = next.entry.sha256;
    const ring = createKeyRing([{ ...ci.entry, sha256: [old, fresh] }]);

    expect([ring.passportOf(ci.key)?.key, ring.passportOf(next.key)?.key]).toEqual(["ci", "ci"]);

    ring.replace([{ ...ci.entry, sha256: [fresh] }]);

    expect(ring.passportOf(ci.key)).toBeUndefined();
    expect(ring.passportOf(next.key)?.key).toBe("ci");
  });

  test("knows no other", () => {
    const other = makeKey("other");
    const ring = createKeyRing([ci.entry, other.entry]);

    const presented = [
      ...["", "ci", "ci.", `.${ci.secret}`, ci.secret, `ci.${"x".repeat(43)}`, `ci.${other.secret}`],
      ...[`nobody.${ci.secret}`, `ci.${ci.secret}x`, `ci.${ci.entry.sha256[0]}`, `${ci.key} `],
      ...[`${ci.key}.${ci.secret}`, `${ci.key}.`, `.${ci.key}`, `x.${ci.key}`, `__proto__.${ci.secret}`],
    ];

    expect(presented.filter((key) => ring.passportOf(key) !== undefined)).toEqual([]);
  });

  test.each([
    ["", "there is none", undefined],
    [ci.secret, "it is of another form", undefined],
    [`${ci.secret}.ci`, "it is of another form", undefined],
    ["ci.short", "it is of another form", undefined],
    [`${ci.key}.${ci.secret}`, "it is of another form", undefined],
    [`ci.${"x".repeat(43)}`, "its secret is another one", "ci"],
    [`cron.${ci.secret}`, "there is no such key", "cron"],
    [`${ci.secret}.${ci.secret}`, "there is no such key", undefined],
  ])("says of %s why it knows it not: %s", (presented, reason, kid) => {
    const refusal = createKeyRing([ci.entry]).refusalOf(presented);

    expect(refusal).toEqual({ reason, kid });
    expect(JSON.stringify(refusal)).not.toContain(ci.secret);
  });

  test("knows none when there is none", () => {
    expect(createKeyRing([]).passportOf(ci.key)).toBeUndefined();
  });
});
