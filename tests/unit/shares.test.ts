import cluster, { type Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { createShares, type Shares } from "../../src/cluster/shares.js";

// The workers are no processes: what the primary says to them is all that counts.

class StandIn extends EventEmitter {
  readonly said: unknown[] = [];
  isConnected(): boolean {
    return true;
  }
  send(message: unknown): boolean {
    this.said.push(message);
    return true;
  }
}

const AHEAD = { type: "shoal:ahead", ahead: true };
const EVEN = { type: "shoal:ahead", ahead: false };

let standIns: StandIn[];
let routable: Worker[];
let shares: Shares;

beforeEach(async () => {
  jest.useFakeTimers();
  standIns = [new StandIn(), new StandIn(), new StandIn()];
  routable = standIns as unknown as Worker[];
  shares = createShares(() => routable);
  await shares.start();
});

afterEach(async () => {
  await shares.stop();
  jest.useRealTimers();
});

function accepted(index: number, connections: number): void {
  cluster.emit("message", standIns[index], { type: "shoal:accepted", connections });
}

/** The indices of those whose turn it is next. */
function turns(count: number): number[] {
  return Array.from({ length: count }, () => routable.indexOf(shares.next(routable) as Worker));
}

test("gives connections strictly in turn, and has nothing to say to anybody", () => {
  expect(turns(7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  expect(standIns.flatMap(({ said }) => said)).toEqual([]);
});

test("who gets ahead in a rush is told so once, and told when the others are near", () => {
  accepted(0, 4);
  expect(standIns[0]?.said).toEqual([]);
  accepted(0, 8);
  accepted(0, 8);
  expect(standIns[0]?.said).toEqual([AHEAD]);
  expect(turns(3)).toEqual([0, 1, 2]);
  for (let count = 2; count < 18; count += 1) for (const index of [1, 2]) accepted(index, 1);
  expect(standIns[0]?.said).toEqual([AHEAD]);
  for (const index of [1, 2]) accepted(index, 1);
  expect(standIns[0]?.said).toEqual([AHEAD, EVEN]);
  expect([standIns[1]?.said, standIns[2]?.said]).toEqual([[], []]);
});

test("the more all have got, the larger the lead that counts", () => {
  for (let report = 0; report < 100; report += 1) for (const index of [0, 1, 2]) accepted(index, 4);
  expect(standIns[0]?.said).toEqual([]);
  accepted(0, 84);
  expect(standIns[0]?.said).toEqual([]);
  accepted(0, 1);
  expect(standIns[0]?.said).toEqual([AHEAD]);
});

test("when nobody accepts any more the rush is over, and all are equal again", () => {
  accepted(0, 64);
  expect(standIns[0]?.said).toEqual([AHEAD]);
  jest.advanceTimersByTime(499);
  expect(standIns[0]?.said).toEqual([AHEAD]);
  jest.advanceTimersByTime(1);
  expect(standIns[0]?.said).toEqual([AHEAD, EVEN]);
  expect(turns(6).filter((index) => index === 0)).toHaveLength(2);
});

test("a worker that leaves is not told to keep connections again when the rush is over", () => {
  accepted(0, 64);
  routable = routable.slice(1);
  jest.advanceTimersByTime(500);
  expect(standIns[0]?.said).toEqual([AHEAD]);
});

test("a worker that has ended, and its successor, hold nobody back", () => {
  for (const index of [0, 1]) accepted(index, 24);
  expect([standIns[0]?.said, standIns[1]?.said]).toEqual([[AHEAD], [AHEAD]]);
  cluster.emit("exit", standIns[2]);
  routable = [...routable.slice(0, 2), new StandIn() as unknown as Worker];
  accepted(0, 1);
  expect([standIns[0]?.said, standIns[1]?.said]).toEqual([
    [AHEAD, EVEN],
    [AHEAD, EVEN],
  ]);
});

test("without a worker it is nobody's turn", () => {
  expect(shares.next([])).toBeUndefined();
});
