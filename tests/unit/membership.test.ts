import type { MembershipEvents } from "../../src/engine/membership/membership.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createPeerDirectory } from "../../src/engine/routing/peers/peer-directory.js";
import { deferred } from "../support/wait.js";
import { createWorld, type TestWorker, type World } from "./presence/support/world.js";

const SECOND = 1000;
const HOUSE = { key: "aaaaaaaa", url: "http://127.0.0.1:1001" };
const MOVED = { ...HOUSE, url: "http://127.0.0.1:1002" };

const looksOf = ({ store }: TestWorker) => store.calls.filter((name) => name === "nodes").length;

/** A worker that watches, and as many workers of another instance as there are addresses. */
async function withPeers(
  ...peers: (typeof HOUSE)[]
): Promise<{ world: World; me: TestWorker; others: TestWorker[] }> {
  const world = createWorld();
  const me = await world.start();
  const others: TestWorker[] = [];
  for (const peer of peers) others.push(await world.start({}, peer));
  await world.time.advance(5 * SECOND);
  return { world, me, others };
}

describe("the address of an instance", () => {
  test("is known after a look, and that of nobody else is", async () => {
    const { me } = await withPeers(HOUSE);

    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
    expect(me.urlOf("bbbbbbbb")).toBeUndefined();
    expect(me.urlOf("__proto__")).toBeUndefined();
  });

  test("is found at once when somebody asks for one that has just come", async () => {
    const world = createWorld();
    const me = await world.start();
    await world.start({}, HOUSE);
    expect(me.urlOf(HOUSE.key)).toBeUndefined();

    await me.locate(HOUSE.key);
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
  });

  test("stays while any of its workers is alive, and goes with the last one that nobody saw die within 12 s", async () => {
    const { world, me, others } = await withPeers(HOUSE, HOUSE);

    others[0]?.kill();
    await world.time.advance(30 * SECOND);
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);

    others[1]?.kill();
    await world.time.advance(7 * SECOND);
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
    await world.time.advance(5 * SECOND);
    expect(me.urlOf(HOUSE.key)).toBeUndefined();
  });

  test("goes at once with the last worker whose end was seen, or that said goodbye", async () => {
    const { world, me, others } = await withPeers(HOUSE, HOUSE);

    others[0]?.kill();
    me.nodeEnded(others[0]?.node ?? "");
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
    await others[1]?.drain();
    await world.time.advance(SECOND);
    expect(me.urlOf(HOUSE.key)).toBeUndefined();
  });

  test.each([
    ["that was killed", (worker: TestWorker) => Promise.resolve(worker.kill())],
    ["that has ended", (worker: TestWorker) => worker.drain()],
  ])("is the new one after the next look when an instance %s comes back elsewhere", async (_how, end) => {
    const { world, me, others } = await withPeers(HOUSE);

    await end(others[0] as TestWorker);
    await world.start({}, MOVED);
    await world.time.advance(SECOND);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      expect(me.urlOf(HOUSE.key)).toBe(MOVED.url);
      await world.time.advance(SECOND);
    }
  });

  test("is the living one soon after this worker came, when a dead one is still on the roll", async () => {
    const { world, others } = await withPeers(HOUSE);
    await world.start({}, MOVED);
    others[0]?.kill();
    // The order in which a store gives records says nothing.
    const [dead] = [...world.database.nodes].filter(([, { peer }]) => peer?.url === HOUSE.url);
    world.database.nodes.delete(dead?.[0] ?? "");
    if (dead !== undefined) world.database.nodes.set(...dead);

    const late = await world.start();
    await world.time.advance(4 * SECOND);
    expect(late.urlOf(HOUSE.key)).toBe(MOVED.url);
  });

  test("is forgotten by nobody while the store is away", async () => {
    const { world, me, others } = await withPeers(HOUSE);
    for (const { store } of [me, ...others]) store.link = "away";
    await world.time.advance(60 * SECOND);
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);

    await me.locate("bbbbbbbb");
    for (const { store } of [me, ...others]) store.link = "up";
    await world.time.advance(20 * SECOND);
    expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
  });
});

test("however many ask for keys that nobody has, there is one look at a time", async () => {
  const { me } = await withPeers(HOUSE);
  const before = looksOf(me);

  await Promise.all(Array.from({ length: 1000 }, (_, index) => me.locate(`made-up${index}`)));
  expect(looksOf(me) - before).toBeLessThanOrEqual(2);

  await me.locate(HOUSE.key);
  expect(looksOf(me) - before).toBeLessThanOrEqual(2);
});

test("a look that was under way has missed an instance that came after it began: there is another one", async () => {
  const world = createWorld();
  const me = await world.start();
  const { nodes } = me.store;
  const answer = deferred();
  me.store.nodes = async () => {
    const found = await nodes();
    await answer.promise;
    return found;
  };
  const early = me.locate("bbbbbbbb");
  await world.time.advance(0);
  me.store.nodes = nodes;
  await world.start({}, HOUSE);

  const late = me.locate(HOUSE.key);
  answer.resolve();
  await Promise.all([early, late]);
  expect(me.urlOf(HOUSE.key)).toBe(HOUSE.url);
});

test("the record of a dead worker goes before what it has written", async () => {
  const { world, me, others } = await withPeers(HOUSE);
  const [dead] = others as [TestWorker];
  dead.enter("room", "a1", "ann");
  await world.time.advance(SECOND);
  const told: string[] = [];
  const hear: Partial<MembershipEvents> = {
    removed(id) {
      expect([world.database.nodes.has(id), world.database.entries.has(`room|${id}`)]).toEqual([false, true]);
      told.push(id);
    },
  };
  me.listen(hear);

  const id = dead.node;
  dead.kill();
  await world.time.advance(15 * SECOND);
  expect(told).toEqual([id]);
  expect(world.database.entries.size).toBe(0);
});

test("what a dead worker has written goes as soon as it can, when its record could be removed and that could not", async () => {
  const { world, me, others } = await withPeers(HOUSE);
  const [dead] = others as [TestWorker];
  dead.enter("room", "a1", "ann");
  await world.time.advance(SECOND);
  me.store.refuses = "clear";
  dead.kill();
  await world.time.advance(20 * SECOND);
  expect([world.database.nodes.has(dead.node), world.database.entries.size]).toEqual([false, 1]);

  me.store.refuses = undefined;
  await world.time.advance(SECOND);
  expect(world.database.entries.size).toBe(0);
});

describe("the directory of peers", () => {
  async function withDirectory(...peers: (typeof HOUSE)[]) {
    const found = await withPeers(...peers);
    const directory = createPeerDirectory(found.me, createLogger("silent"), () => performance.now());
    await directory.start();
    return { ...found, directory };
  }

  test("gives the same peer, with its connections, for as long as its address stays", async () => {
    const { world, directory } = await withDirectory(HOUSE);
    const first = await directory.find(HOUSE.key);
    expect(first).toMatchObject({ ...HOUSE, address: { host: "127.0.0.1", port: 1001 } });
    await world.time.advance(60 * SECOND);

    expect(await directory.find(HOUSE.key)).toBe(first);
    expect(await directory.find("bbbbbbbb")).toBeUndefined();
  });

  test("lets go of a peer that ended, though nobody asks for it", async () => {
    const { world, directory, others } = await withDirectory(HOUSE);
    const peer = await directory.find(HOUSE.key);
    if (peer === undefined) throw new Error("not found");
    const closed = jest.spyOn(peer.agentFor("1"), "close");
    others[0]?.kill();
    await world.time.advance(12 * SECOND);

    expect(closed).toHaveBeenCalledTimes(1);
    expect(await directory.find(HOUSE.key)).toBeUndefined();
  });

  test("tries an instance at another address at once, though the old one rests", async () => {
    const { world, directory, others } = await withDirectory(HOUSE);
    const old = await directory.find(HOUSE.key);
    if (old === undefined) throw new Error("not found");
    directory.unreachable(old, new Error("refused"));
    expect(await directory.find(HOUSE.key)).toBeUndefined();

    others[0]?.kill();
    await world.start({}, MOVED);
    await world.time.advance(SECOND);
    const moved = await directory.find(HOUSE.key);
    expect(moved?.url).toBe(MOVED.url);
    directory.unreachable(old, new Error("refused"));
    expect(await directory.find(HOUSE.key)).toBe(moved);
  });

  test("does not try an address that is none", async () => {
    const { directory } = await withDirectory({ ...HOUSE, url: "nowhere" });

    expect(await directory.find(HOUSE.key)).toBeUndefined();
  });
});
