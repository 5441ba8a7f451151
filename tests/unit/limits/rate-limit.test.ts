import {
  createRateLimit,
  rateLimited,
  rateLimitedBody,
} from "../../../src/engine/trust/limits/rate-limit.js";

function limited(perSecond: number, burst: number) {
  let nowMs = 0;
  let refused = 0;
  const onRefused = () => {
    refused += 1;
  };
  const limit = createRateLimit("user", { perSecond, burst }, onRefused, () => nowMs);
  return {
    limit,
    refused: () => refused,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("counts what it refuses, and nothing else", () => {
  const { limit, refused } = limited(1, 2);
  limit.take("ann");
  limit.take("ann");
  limit.take("ben");
  expect(refused()).toBe(0);
  expect(limit.take("ann")).toBeGreaterThan(0);
  expect(limit.waitMs("ann")).toBeGreaterThan(0);
  expect(limit.waitMs("ben")).toBe(0);

  expect(refused()).toBe(2);
});

test("lets a batch in that is larger than the burst, and the next one only when it is paid for", () => {
  const { limit, pass } = limited(10, 5);
  expect(limit.take("ann")).toBe(0);
  limit.charge("ann", 199);

  const waitMs = limit.take("ann");
  expect(waitMs).toBeCloseTo(19_600, 3);
  pass(Math.ceil(waitMs));
  expect(limit.take("ann")).toBe(0);
});

test("tells over HTTP what is left, and the time until all is there, in whole seconds", () => {
  const { limit } = limited(10, 50);
  for (let n = 0; n < 20; n += 1) limit.take("ann");

  expect(Object.fromEntries(limit.headers("ann"))).toEqual({
    "RateLimit-Policy": '"user";q=50;w=5',
    RateLimit: '"user";r=30;t=2',
  });
});

test("when it is off it refuses nothing and tells nothing", () => {
  const limit = createRateLimit("user", "off", () => {}, performance.now);
  limit.charge("ann", 1e9);

  expect(limit.take("ann")).toBe(0);
  expect(limit.waitMs("ann")).toBe(0);
  expect(limit.headers("ann")).toEqual([]);
});

test("a refusal is temporary and says in whole milliseconds when to ask again", () => {
  expect(rateLimited(20.2).body).toMatchObject({ code: "rate_limited", temporary: true, retryAfterMs: 21 });
  expect(rateLimited(20.2).headers).toEqual({ "Retry-After": "1" });
  expect(rateLimited(20.2).status).toBe(429);
  expect(rateLimitedBody(20.2)).toEqual(rateLimited(20.2).body);
  expect(rateLimited(1e12).body.retryAfterMs).toBe(3_600_000);
});
