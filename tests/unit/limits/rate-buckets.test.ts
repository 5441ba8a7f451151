import { createRateBuckets } from "../../../src/engine/trust/limits/rate-buckets.js";

/** Buckets of ten tokens a second and five at once, on a clock that stands until it is moved. */
function world({ perSecond = 10, burst = 5, mostBuckets = 1000 } = {}) {
  let nowMs = 1000;
  const buckets = createRateBuckets({ perSecond, burst }, () => nowMs, mostBuckets);
  return {
    buckets,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** How many tokens a key gets at once. */
    takeAll(key: string): number {
      let taken = 0;
      while (taken < 10_000 && buckets.take(key) === 0) taken += 1;
      return taken;
    },
  };
}

describe("a token bucket", () => {
  test("gives its burst at once, and then one token for each interval", () => {
    const { buckets, pass, takeAll } = world();

    expect(takeAll("ann")).toBe(5);
    pass(99);
    expect(takeAll("ann")).toBe(0);
    pass(1);
    expect(takeAll("ann")).toBe(1);
    pass(60_000);
    expect(takeAll("ann")).toBe(5);
    expect(buckets.take("ann")).toBeGreaterThan(0);
  });

  test("tells the time after which it has a token, and has one then", () => {
    const { buckets, pass, takeAll } = world();
    takeAll("ann");
    pass(30);

    const waitMs = buckets.take("ann");
    expect(waitMs).toBeCloseTo(70, 3);
    expect(buckets.waitMs("ann")).toBeCloseTo(70, 3);
    pass(Math.ceil(waitMs));
    expect(buckets.waitMs("ann")).toBe(0);
    expect(buckets.take("ann")).toBe(0);
  });

  test("a refusal takes nothing", () => {
    const { buckets, pass, takeAll } = world();
    takeAll("ann");
    for (let asked = 0; asked < 100; asked += 1) buckets.take("ann");
    pass(100);

    expect(takeAll("ann")).toBe(1);
  });

  test("what is charged beyond its tokens is a debt, and the rate holds over time", () => {
    const { buckets, pass, takeAll } = world();
    buckets.take("ann");
    buckets.charge("ann", 49); // ten times its burst

    expect(buckets.waitMs("ann")).toBeCloseTo(4600, 3); // 45 are owed, and one is to be there
    pass(4599);
    expect(takeAll("ann")).toBe(0);
    pass(1);
    expect(takeAll("ann")).toBe(1);
    expect(buckets.state("ann")).toEqual({ tokens: 0, fullInMs: expect.closeTo(500, 3) });
  });

  test("of one key is not another one's", () => {
    const { buckets, takeAll } = world();
    takeAll("ann");

    expect(takeAll("ben")).toBe(5);
    expect(buckets.take("__proto__")).toBe(0);
    expect(buckets.take("ann")).toBeGreaterThan(0);
  });
});

describe("the buckets of very many keys", () => {
  test("those that are full again are forgotten while others come", () => {
    const { buckets, pass } = world();
    for (let n = 0; n < 100_000; n += 1) {
      buckets.take(`made-up-${n}`);
      pass(1); // each is full again after 100 ms
    }

    expect(buckets.size).toBeLessThan(400);
  });

  test("there is a bound to them, and those beyond it share a bucket", () => {
    const { buckets } = world({ mostBuckets: 100 });
    const granted = Array.from({ length: 1000 }, (_, n) => buckets.take(`made-up-${n}`)).filter(
      (waitMs) => waitMs === 0,
    );

    expect(granted).toHaveLength(105);
    expect(buckets.size).toBe(101);
  });

  test("no crowd of made-up keys makes a debt forgotten", () => {
    const { buckets, pass, takeAll } = world({ mostBuckets: 100 });
    buckets.take("attacker");
    buckets.charge("attacker", 1000);
    for (let n = 0; n < 10_000; n += 1) {
      takeAll(`made-up-${n}`);
      if (n % 100 === 0) pass(100);
    }

    expect(takeAll("attacker")).toBe(0);
  });

  test("a key that was beyond the bound has a bucket of its own when there is room again", () => {
    const { buckets, pass, takeAll } = world({ mostBuckets: 100 });
    for (let n = 0; n < 1000; n += 1) buckets.take(`made-up-${n}`);
    expect(takeAll("ann")).toBe(0);
    pass(10_000);
    for (let n = 0; n < 10; n += 1) buckets.take(`later-${n}`);

    expect(takeAll("ann")).toBe(5);
    expect(takeAll("ben")).toBe(5);
  });
});
