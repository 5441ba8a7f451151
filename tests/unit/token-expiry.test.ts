import type { Passport } from "../../src/contract/passport.js";
import type { Io } from "../../src/engine/realtime/io.js";
import { createTokenExpiry } from "../../src/engine/realtime/sessions/token-expiry.js";
import { passportOf } from "../../src/engine/trust/tokens/token-passport.js";
import { onTestEnd } from "../support/cleanup.js";

const SECOND = 1000;
const CONFIG = { userClaim: "sub", defaultCaps: {} };

/** A worker whose two clocks the test moves, and a connection to it with a token of 60 s. */
async function connectFor60s() {
  const clocks = { date: 1_800_000_000 * SECOND, now: 5 * SECOND };
  const read = { dateMs: () => clocks.date, nowMs: () => clocks.now };
  const iat = clocks.date / SECOND;
  const passport: Passport = passportOf({ sub: "ann", iat, exp: iat + 60 }, CONFIG, read);
  const told: unknown[] = [];
  const socket = { data: { passport }, emit: (...event: unknown[]) => told.push(event) };
  const io = { sockets: { sockets: new Map([["one", socket]]) } } as unknown as Io;
  const ended: unknown[] = [];
  jest.useFakeTimers();
  const expiry = createTokenExpiry({ io, endings: { end: (_socket, code) => ended.push(code) }, ...read });
  onTestEnd(async () => {
    await expiry.stop();
    jest.useRealTimers();
  });
  await expiry.start();

  /** Lets `ms` pass; the wall clock is set by `jumpMs` before. */
  function pass(ms: number, jumpMs = 0): void {
    clocks.now += ms;
    clocks.date += ms + jumpMs;
    jest.advanceTimersByTime(SECOND);
  }
  return { pass, ended, told };
}

test("a token ends when it expires by the wall clock", async () => {
  const { pass, ended } = await connectFor60s();
  pass(59 * SECOND);
  expect(ended).toEqual([]);

  pass(SECOND);

  expect(ended).toEqual(["token_expired"]);
});

test("a wall clock that is put back prolongs no life, and its client is told in time", async () => {
  const { pass, ended, told } = await connectFor60s();
  pass(35 * SECOND, -3600 * SECOND);
  expect(ended).toEqual([]);
  expect(told).toMatchObject([["auth_expiring", {}]]);

  pass(25 * SECOND);

  expect(ended).toEqual(["token_expired"]);
});

test("a wall clock that is put forward ends what has expired by it", async () => {
  const { pass, ended } = await connectFor60s();

  pass(SECOND, 60 * SECOND);

  expect(ended).toEqual(["token_expired"]);
});
