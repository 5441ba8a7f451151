import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { createDelays } from "../../../src/engine/http/delays.js";
import { createSlowRefusals } from "../../../src/engine/http/slow-refusals.js";

function world() {
  jest.useFakeTimers({ now: 0 });
  const delays = createDelays();
  const refusals = createSlowRefusals(delays, () => Date.now());
  const connect = () => Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket;
  /** Refuses the next request of a connection, a new one unless it is given; what the answers were told is in the list. */
  const refuse = (address: string, socket = connect()): boolean[] => {
    const answers: boolean[] = [];
    refusals.refuse(address, socket, (hasWaited) => void answers.push(hasWaited));
    return answers;
  };
  const isWaiting = (address: string): boolean => refusals.isWaiting(address);
  const many = (address: string, count: number) => Array.from({ length: count }, () => refuse(address));
  return { refuse, many, connect, isWaiting, delays };
}

afterEach(() => jest.useRealTimers());

test("twenty refusals of an address are answered at once, and those that follow wait", () => {
  const { many } = world();
  const [first, later] = [many("a", 20), many("a", 5)];
  expect(first).toEqual(Array(20).fill([false]));
  expect(later).toEqual(Array(5).fill([]));
  expect(many("b", 1)).toEqual([[false]]);

  jest.advanceTimersByTime(999);
  expect(later).toEqual(Array(5).fill([]));
  jest.advanceTimersByTime(1001);
  expect(later).toEqual(Array(5).fill([true]));
});

test("an address is known to wait as long as an answer of it does", () => {
  const { many, isWaiting } = world();
  many("a", 20);
  expect(isWaiting("a")).toBe(false);
  many("a", 2);
  expect(isWaiting("a")).toBe(true);
  expect(isWaiting("b")).toBe(false);

  jest.advanceTimersByTime(2000);
  expect(isWaiting("a")).toBe(false);
});

test("answers that began to wait together are not given together", () => {
  const { many } = world();
  many("a", 20);
  const waiting = many("a", 64);
  const given = () => waiting.filter(({ length }) => length > 0).length;

  jest.advanceTimersByTime(1500);

  // Half of them, but for chance: none of 64, or all, in one of 10 to the 19 runs.
  expect(given()).toBeGreaterThan(0);
  expect(given()).toBeLessThan(64);
});

test("who asks no more than four times a second after that is answered at once again", () => {
  const { many, refuse } = world();
  many("a", 20);
  for (let n = 0; n < 40; n += 1) {
    jest.advanceTimersByTime(251);
    expect(refuse("a")).toEqual([false]);
  }
});

test("of a connection whose answer waits nothing else is answered", () => {
  const { many, refuse, connect } = world();
  many("a", 20);
  const socket = connect();
  const [first, second] = [refuse("a", socket), refuse("a", socket)];
  jest.advanceTimersByTime(10_000);

  expect([first, second]).toEqual([[true], []]);
});

test("no more than 64 answers of an address wait, and the place of a connection that ends is free", () => {
  const { many, refuse, connect } = world();
  many("a", 20);
  const socket = connect();
  const gone = refuse("a", socket);
  many("a", 63);
  expect(refuse("a")).toEqual([false]);
  socket.emit("close");
  const last = refuse("a");
  expect(last).toEqual([]);
  jest.advanceTimersByTime(2000);

  expect([gone, last]).toEqual([[], [true]]);
});

test("an answer that has waited leaves its place, although its connection stays open, on which nothing else is answered", () => {
  const { many, refuse, connect } = world();
  many("a", 20);
  const socket = connect();
  const last = refuse("a", socket);
  many("a", 63);
  jest.advanceTimersByTime(2000);
  many("a", 8); // what came in meanwhile

  expect(last).toEqual([true]);
  expect(refuse("a")).toEqual([]);
  expect(refuse("a", socket)).toEqual([]);
  socket.emit("close");
  many("a", 63);
  expect(refuse("a")).toEqual([false]);
});

test("at a stop the answers that wait are given at once, once each, and none waits after that", () => {
  const { many, delays, isWaiting } = world();
  many("a", 20);
  const waiting = many("a", 5);

  delays.end();
  const later = many("a", 2);
  jest.advanceTimersByTime(2000);

  expect(waiting).toEqual(Array(5).fill([true]));
  expect(later).toEqual(Array(2).fill([false]));
  expect(isWaiting("a")).toBe(false);
});
