import type { Socket } from "node:net";
import { createDelays } from "../../../src/engine/http/delays.js";
import { createSpacedRequests } from "../../../src/engine/http/spaced-requests.js";

function world(rate = { perSecond: 100, burst: 200 }) {
  jest.useFakeTimers({ now: 0 });
  const refusals = { isWaiting: (address: string) => address !== "quiet" };
  const delays = createDelays();
  const spaced = createSpacedRequests(rate, refusals, delays, () => Date.now());
  const begun: string[] = [];
  const ask = (address: string, name: string, socket = {} as Socket) =>
    spaced.space(address, socket, () => begun.push(name));
  return { ask, begun, delays };
}

afterEach(() => jest.useRealTimers());

test("requests of an address begin in order, at twice its rate, and those of another one at once", () => {
  const { ask, begun } = world();
  for (const name of ["a1", "a2", "a3"]) ask("a", name);
  ask("b", "b1");
  expect(begun).toEqual(["a1", "b1"]);

  jest.advanceTimersByTime(4);
  expect(begun).toEqual(["a1", "b1"]);
  jest.advanceTimersByTime(1);
  expect(begun).toEqual(["a1", "b1", "a2"]);
  jest.advanceTimersByTime(5);
  expect(begun).toEqual(["a1", "b1", "a2", "a3"]);
});

test("those of an address of which no refusal waits begin at once, however many come", () => {
  const { ask, begun } = world();
  for (let n = 1; n <= 50; n += 1) ask("quiet", `q${n}`);
  expect(begun).toHaveLength(50);
});

test("who keeps to the rate never waits", () => {
  const { ask, begun } = world();
  for (let n = 1; n <= 50; n += 1) {
    ask("a", `a${n}`);
    expect(begun).toHaveLength(n);
    jest.advanceTimersByTime(10);
  }
});

test("a request whose connection has ended is not begun, and those behind it are", () => {
  const { ask, begun } = world();
  const socket = { destroyed: false };
  ask("a", "a1");
  ask("a", "a2", socket as Socket);
  ask("a", "a3");
  socket.destroyed = true;
  jest.advanceTimersByTime(10);
  expect(begun).toEqual(["a1", "a3"]);
});

test("nobody waits for longer than two seconds, however slow the rate is", () => {
  const { ask, begun } = world({ perSecond: 1, burst: 200 });
  for (let n = 1; n <= 10; n += 1) ask("a", `a${n}`);
  expect(begun).toEqual(["a1", "a6", "a7", "a8", "a9", "a10"]);

  jest.advanceTimersByTime(2000);
  expect(begun.slice(6)).toEqual(["a2", "a3", "a4", "a5"]);
});

test("at a stop those that wait begin at once, once each, and so do those that come later", () => {
  const { ask, begun, delays } = world();
  for (const name of ["a1", "a2", "a3"]) ask("a", name);

  delays.end();
  ask("a", "a4");
  jest.advanceTimersByTime(2000);

  expect(begun).toEqual(["a1", "a2", "a3", "a4"]);
});
