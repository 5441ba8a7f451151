import { createRingFamily } from "../../../src/engine/rooms/read/message-ring.js";
import { message, range } from "./support/bench.js";

const LIMITS = { ringMessages: 4, ringBytes: 10_000, ringsBytes: 100_000 };
const entries = (first: number, last: number, body = "x") =>
  range(first, last).map((seq) => message("r", seq, body));
const seqs = (found: readonly { readonly seq: number }[] | undefined) => found?.map(({ seq }) => seq);

describe("ring of a room", () => {
  test("it gives what follows a number, when it has all of it", () => {
    const ring = createRingFamily(LIMITS).createRing();
    ring.push(entries(5, 8));

    expect(seqs(ring.since(4))).toEqual([5, 6, 7, 8]);
    expect(seqs(ring.since(6))).toEqual([7, 8]);
    expect(seqs(ring.since(8))).toEqual([]);
    expect(ring.since(3)).toBeUndefined();
  });

  test("it keeps the newest ones", () => {
    const ring = createRingFamily(LIMITS).createRing();
    ring.push(entries(1, 3));
    ring.push(entries(4, 6));

    expect(ring.since(1)).toBeUndefined();
    expect(seqs(ring.since(2))).toEqual([3, 4, 5, 6]);
  });

  test("it keeps no more than its size allows", () => {
    const ring = createRingFamily({ ...LIMITS, ringBytes: 1000 }).createRing();
    ring.push(entries(1, 2, "x".repeat(600)));

    expect(ring.since(0)).toBeUndefined();
    expect(seqs(ring.since(1))).toEqual([2]);
  });

  test("an empty one knows nothing", () => {
    const ring = createRingFamily(LIMITS).createRing();

    expect(ring.since(0)).toBeUndefined();
  });

  test("rings used longest ago are emptied when all together are too large", () => {
    const family = createRingFamily({ ...LIMITS, ringsBytes: 2000 });
    const [one, two, three] = [family.createRing(), family.createRing(), family.createRing()];
    one.push(entries(1, 1, "x".repeat(600)));
    two.push(entries(1, 1, "x".repeat(600)));
    one.since(0);

    three.push(entries(1, 1, "x".repeat(600)));

    expect([one, two, three].map((ring) => ring.since(0) !== undefined)).toEqual([true, false, true]);
    expect(family.bytes).toBeLessThanOrEqual(2000);
  });

  test("a cleared ring no longer counts", () => {
    const family = createRingFamily(LIMITS);
    const ring = family.createRing();
    ring.push(entries(1, 2));

    ring.clear();

    expect(family.bytes).toBe(0);
  });
});
