import { newSessionId, ownerOf } from "../../src/worker/routing/session-owner.js";

describe("a session id", () => {
  test("tells its owner, and no two are alike", () => {
    const ids = Array.from({ length: 100 }, () => newSessionId(7, ""));
    expect(new Set(ids).size).toBe(100);
    expect(ids.map((id) => ownerOf(id, ""))).toEqual(ids.map(() => 7));
  });

  test.each([
    "",
    "7",
    "7.",
    "7.short",
    "x.aaaaaaaaaaaaaaaaaaaaaa",
    "../7.aaaaaaaaaaaaaaaaaaaaaa",
    "-1.aaaaaaaaaaaaaaaaaaaaaa",
  ])("of another form has no owner: %j", (id) => expect(ownerOf(id, "")).toBeUndefined());

  test("has its owner only in the instance that made it", () => {
    const id = newSessionId(7, ".aaaaaaaa");
    expect(["", ".aaaaaaaa", ".bbbbbbbb"].map((suffix) => ownerOf(id, suffix))).toEqual([
      undefined,
      7,
      undefined,
    ]);
    expect(ownerOf(newSessionId(7, ""), ".aaaaaaaa")).toBeUndefined();
  });
});
