import type { StackInstance } from "../../tools/stack/instance.js";
import { type Crowd, startCrowd, type Visitor } from "../support/nginx-crowd.js";
import { startRequests } from "../support/nginx-requests.js";
import { startTestStack, type TestStack } from "../support/nginx-stack.js";
import { startTalk } from "../support/nginx-talk.js";
import { eventually } from "../support/wait.js";

const WINDOW_MS = 5000;
/** From the signal on: the last connection is closed at the end of the window, and its client waits a little. */
const BACK_WITHIN_MS = WINDOW_MS + 5000;
const CONNECT_WITHIN_MS = 20_000;
/** On a busy machine everything but the windows takes several times as long. */
const WEBSOCKETS = 120;
const POLLERS = 20;
/** Sooner than stock clients, so that they come as they were closed. */
const RECONNECT_AFTER_MS = 300;
/** The middle four fifths of a drain take at least half its window. What is slow makes that longer, never shorter. */
const LEAST_SPREAD_MS = WINDOW_MS / 2;

let stack: TestStack;
let app1: StackInstance;
let app2: StackInstance;

beforeAll(async () => {
  stack = await startTestStack({ env: { DRAIN_WINDOW_MS: String(WINDOW_MS) } });
  [app1, app2] = stack.instances as [StackInstance, StackInstance];
});

/** Clients of all kinds, which nginx spreads over the instances. */
async function connectAll(): Promise<Crowd[]> {
  const every = { url: stack.url, named: true, reconnectAfterMs: RECONNECT_AFTER_MS };
  const crowds = [
    startCrowd({ ...every, count: WEBSOCKETS, transports: ["websocket"] }),
    startCrowd({ ...every, count: POLLERS, transports: ["polling"] }),
    startCrowd({ ...every, count: POLLERS }),
  ];
  await Promise.all(crowds.map((crowd) => crowd.settled(CONNECT_WITHIN_MS)));
  return crowds;
}

/** Waits until nobody is left at the instance and everybody is somewhere. */
async function allMove(crowds: readonly Crowd[], from: StackInstance, withinMs: number): Promise<void> {
  await Promise.all(crowds.map((crowd) => crowd.settled(withinMs, from.name)));
}

/** Visitors with the session that ends. */
type Ending = readonly (readonly [Visitor, string])[];

/** Who is at the instance, and everybody else. */
function split(crowds: readonly Crowd[], { name }: StackInstance): { ending: Ending; staying: Visitor[] } {
  const visitors = crowds.flatMap((crowd) => crowd.visitors);
  const isThere = ({ session }: Visitor) => session?.instance === name;
  const ending = visitors.filter(isThere).map((one) => [one, one.session?.id ?? ""] as const);
  return { ending, staying: visitors.filter((one) => !isThere(one)) };
}

/** Waits until each of them has another session, wherever: the instance may be back before the last one is. */
async function allRenewed(ending: Ending): Promise<void> {
  await eventually(
    () => {
      const old = ending.filter(([{ socket, session }, id]) => !socket.connected || session?.id === id);
      expect(old.map(([{ session, troubles }]) => [session?.instance, ...troubles])).toEqual([]);
    },
    { withinMs: BACK_WITHIN_MS },
  );
}

/**
 * Does to the instance what ends its sessions, and gives when these ended, by the clock, ascending. Who is at another instance
 * does not notice anything.
 */
async function endingAt(
  crowds: readonly Crowd[],
  instance: StackInstance,
  act: () => Promise<void>,
): Promise<number[]> {
  const startMs = performance.now();
  const { ending, staying } = split(crowds, instance);
  const endsOf = (visitors: readonly Visitor[]) =>
    visitors.flatMap(({ ends }) => ends.filter((time) => time >= startMs));
  const acted = act();
  await allRenewed(ending);
  await acted;
  expect(endsOf(staying)).toEqual([]);
  return endsOf(ending.map(([visitor]) => visitor)).sort((one, other) => one - other);
}

async function restart(instance: StackInstance): Promise<void> {
  await expect(instance.restart()).resolves.toEqual({ code: 0, signal: null });
}

/** How long the middle four fifths of all took. */
function spreadMs(times: readonly number[]): number {
  const at = (part: number) => times[Math.floor(part * times.length)] ?? Number.NaN;
  return at(0.9) - at(0.1);
}

/**
 * Nobody was told to stay away. A client that polls and is slow may hear that its session has ended by asking for it; {@link endingAt}
 * sees that nobody else does.
 */
function expectOrderly(crowds: readonly Crowd[]): void {
  const troubles = crowds.flatMap((crowd) => crowd.troubles());
  const isOrderly = (trouble: string) =>
    trouble === "disconnect: transport close" || trouble.includes("Session ID unknown");
  expect(troubles.filter((trouble) => !isOrderly(trouble))).toEqual([]);
}

test("a rolling restart fails no request, loses no message and brings everybody back, with no herd", async () => {
  const crowds = await connectAll();
  const talk = await startTalk(stack.url);
  const requests = startRequests(stack.url);

  const drains: number[][] = [];
  for (const instance of [app1, app2]) drains.push(await endingAt(crowds, instance, () => restart(instance)));
  await requests.stop();
  await talk.finish();

  expect(requests.failures).toEqual([]);
  expect(requests.succeeded).toBeGreaterThan(0);
  for (const ends of drains) {
    expect(ends.length).toBeGreaterThan(WEBSOCKETS / 3);
    expect(spreadMs(ends)).toBeGreaterThan(LEAST_SPREAD_MS);
  }
  expectOrderly(crowds);
});

test("a reload of an instance fails no request, loses no message and brings everybody back", async () => {
  const crowds = await connectAll();
  const talk = await startTalk(stack.url);
  const requests = startRequests(stack.url);
  const before = crowds.map(({ byInstance }) => byInstance());

  await endingAt(crowds, app1, () => app1.reload());
  await requests.stop();
  await talk.finish();

  expect(requests.failures).toEqual([]);
  expect(requests.succeeded).toBeGreaterThan(0);
  expectOrderly(crowds);
  expect(crowds.map(({ byInstance }) => byInstance())).toEqual(before);
});

test("the clients of an instance that is killed move to the other, which stays quick", async () => {
  const crowds = await connectAll();
  const talk = await startTalk(stack.url);
  const requests = startRequests(stack.url);

  await app1.kill();
  await allMove(crowds, app1, 10_000);
  await requests.stop();
  await talk.finish();

  // What was being answered at that moment is lost, unless it may be repeated: at most one in each lane.
  expect(requests.failures.filter((failure) => !failure.startsWith("POST /hello"))).toEqual([]);
  expect(requests.failures.length).toBeLessThanOrEqual(4);
  expect(requests.slowestMs()).toBeLessThan(2000);
  // nginx complains of the dead instance, but not with the sessions that asked for it.
  expect(stack.lines.filter(({ member, text }) => member === "nginx" && text.includes("sid="))).toEqual([]);
});
