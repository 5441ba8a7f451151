import { createRestartPace } from "../../src/dev/embedded-mongodb/restart-pace.js";

test("the delay doubles with each end, up to 5 seconds", () => {
  const pace = createRestartPace();
  const delays = Array.from({ length: 8 }, () => pace.next(0).delayMs);
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("the third end in a row is a crash loop", () => {
  const pace = createRestartPace();
  expect([pace.next(0), pace.next(0), pace.next(0)].map(({ isLoop }) => isLoop)).toEqual([
    false,
    false,
    true,
  ]);
});

test("a healthy run of 30 seconds ends the crash loop", () => {
  const pace = createRestartPace();
  for (let end = 1; end <= 5; end++) pace.next(29_999);
  expect(pace.next(29_999).isLoop).toBe(true);
  expect(pace.next(30_000)).toEqual({ delayMs: 100, isLoop: false });
});

test("an end after years is followed by a restart at the first delay", () => {
  const pace = createRestartPace();
  for (let end = 1; end <= 2000; end++) pace.next(0);
  expect(pace.next(0).delayMs).toBe(5000);
  expect(pace.next(1e12).delayMs).toBe(100);
});
