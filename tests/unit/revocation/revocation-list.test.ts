import { NOBODY } from "../../../src/contract/passport.js";
import type { RevocationTarget } from "../../../src/contract/revocations.js";
import { createRevocationList } from "../../../src/engine/trust/revocation/revocation-list.js";
import { tokenOf } from "./support/world.js";

const KEPT_MS = 1000;
let nowMs = 0;
const createList = () => createRevocationList({ now: () => nowMs }, KEPT_MS);

const of = (target: RevocationTarget, issuedBeforeS: number, immediateBeforeS = issuedBeforeS) => ({
  target,
  issuedBeforeS,
  immediateBeforeS,
  untilMs: 1000,
});

test("a user's tokens that were issued before are void, and nothing else of him or others", () => {
  const list = createList();
  list.put([of("user:ann", 100)]);

  expect(list.verdictOf(tokenOf("ann", 99))).toBe("revoked");
  expect(list.verdictOf(tokenOf("ann", 100))).toBe("valid");
  expect(list.verdictOf(tokenOf("bob", 99))).toBe("valid");
  expect(list.verdictOf(tokenOf("bob", 99, "ann"))).toBe("valid");
});

test("a single token is void by its id, whenever it was issued, and no other one of its user", () => {
  const list = createList();
  list.put([of("token:t1", 100), of("token:t2", 100, 0)]);

  expect(list.verdictOf(tokenOf("ann", 200, "t1"))).toBe("revoked");
  expect(list.verdictOf(tokenOf("ann", 200, "t2"))).toBe("renewable");
  expect(list.verdictOf(tokenOf("ann", 50, "t3"))).toBe("valid");
  expect(list.verdictOf(tokenOf("t1", 50))).toBe("valid");
});

test("who may renew may do so only by what was issued after the last revocation that leaves no time", () => {
  const list = createList();
  list.put([of("user:ann", 100), of("user:ann", 200, 0)]);

  expect(list.verdictOf(tokenOf("ann", 99))).toBe("revoked");
  expect(list.verdictOf(tokenOf("ann", 150))).toBe("renewable");
  expect(list.verdictOf(tokenOf("ann", 200))).toBe("valid");
});

test("one entry is kept for a user, and an older revocation that comes late does not weaken it", () => {
  const list = createList();
  list.put([of("user:ann", 200)]);
  list.put([{ ...of("user:ann", 100), untilMs: 10 }]);
  list.prune(500);

  expect(list.size).toBe(1);
  expect(list.verdictOf(tokenOf("ann", 199))).toBe("revoked");
});

test("what is over is forgotten", () => {
  const list = createList();
  list.put([of("user:ann", 100), { ...of("token:t1", 100), untilMs: 3000 }]);
  nowMs += KEPT_MS + 1;
  list.prune(2000);

  expect(list.size).toBe(1);
  expect(list.verdictOf(tokenOf("ann", 50))).toBe("valid");
  expect(list.verdictOf(tokenOf("ann", 50, "t1"))).toBe("revoked");
});

test("what is over by one clock is known until its time is up by the steady one, however often it is read meanwhile", () => {
  const list = createList();
  list.put([of("user:ann", 100), of("user:bob", 100)]);
  nowMs += KEPT_MS;
  list.put([of("user:ann", 100), of("user:bob", 200)]);
  list.prune(1e15);
  expect(list.size).toBe(2);

  nowMs += 1;
  list.prune(1e15);

  expect(list.verdictOf(tokenOf("ann", 50))).toBe("valid");
  expect(list.verdictOf(tokenOf("bob", 150))).toBe("revoked");
});

test.each(["__proto__", "constructor", "toString"])("the user %s is one like any other", (user) => {
  const list = createList();
  expect(list.verdictOf(tokenOf(user, 1, user))).toBe("valid");
  list.put([of(`user:${user}`, 100)]);

  expect(list.verdictOf(tokenOf(user, 1))).toBe("revoked");
  expect(list.verdictOf(tokenOf("ann", 1))).toBe("valid");
});

test("who has no token has nothing that could be revoked", () => {
  const list = createList();
  list.put([of("user:ann", 100)]);

  expect(list.verdictOf(NOBODY)).toBe("valid");
  expect(list.verdictOf({ kind: "open", user: "ann", may: () => true })).toBe("valid");
});
