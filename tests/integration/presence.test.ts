import mongoose from "mongoose";
import { MEMBERSHIP_LIMITS } from "../../src/engine/membership/limits.js";
import { createMembership } from "../../src/engine/membership/membership.js";
import type { MembershipBus, MembershipStore } from "../../src/engine/membership/membership-store.js";
import { createOutage } from "../../src/engine/membership/outage.js";
import { PRESENCE_LIMITS } from "../../src/engine/presence/limits.js";
import { createPresence, type Presence } from "../../src/engine/presence/presence.js";
import type { PresenceBus, PresenceStore } from "../../src/engine/presence/presence-store.js";
import type { PresenceChange, RoomUsers } from "../../src/engine/presence/types.js";
import { compose } from "../../src/engine/process/lifecycle.js";
import { systemClock } from "../../src/engine/rooms/ports.js";
import { createMembershipStore } from "../../src/engine/stores/membership-store.js";
import { createPresenceStore } from "../../src/engine/stores/presence-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import { onEnd, onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

type Stores = MembershipStore & PresenceStore;

async function connect(uri: string): Promise<Stores> {
  const connection = await mongoose
    .createConnection(uri, {
      bufferCommands: false,
      serverSelectionTimeoutMS: 500,
      heartbeatFrequencyMS: 500,
    })
    .asPromise();
  onEnd(() => connection.close(true));
  const members = createMembershipStore(connection);
  const { clear, write, read, strays } = createPresenceStore(connection, members);
  const { enroll, beat, nodes, markGone, remove } = members;
  await setUpModels(connection);
  return { enroll, beat, nodes, markGone, remove, clear, write, read, strays };
}

/** A store with a database of its own. */
async function freshStore(): Promise<Stores> {
  return connect(mongo.uriFor());
}

function users(...names: string[]): RoomUsers {
  return { users: names, count: names.length };
}

describe("membership store", () => {
  test("a node lives from its enrolment until it is marked as gone, and enrols once", async () => {
    const store = await freshStore();
    expect(await store.beat("n1")).toBe(false);
    await store.enroll("n1", undefined);
    expect(await store.beat("n1")).toBe(true);
    await store.enroll("n1", undefined);
    expect(await store.nodes()).toEqual([{ id: "n1", beat: 1, gone: false }]);

    expect(await store.markGone("n1")).toBe(true);
    expect(await store.markGone("n1")).toBe(false);
    expect(await store.markGone("n2")).toBe(false);
    expect(await store.beat("n1")).toBe(false);
    expect(await store.nodes()).toEqual([{ id: "n1", beat: 1, gone: true }]);
  });

  test("a node is removed only if it has not beaten since", async () => {
    const store = await freshStore();
    await store.enroll("n1", undefined);
    await store.beat("n1");

    expect(await store.remove("n1", 0)).toBe(false);
    expect(await store.remove("n1", 1)).toBe(true);
    expect(await store.nodes()).toEqual([]);
  });

  test("a record has its instance's address from its enrolment on, or none", async () => {
    const store = await freshStore();
    const peer = { key: "aaaaaaaa", url: "http://127.0.0.1:1" };
    await store.enroll("n1", peer);
    await store.enroll("n1", { ...peer, url: "http://127.0.0.1:2" });
    await store.enroll("n2", undefined);

    const found = (await store.nodes()).toSorted((one, other) => one.id.localeCompare(other.id));
    expect(found).toEqual([
      { id: "n1", beat: 0, gone: false, peer },
      { id: "n2", beat: 0, gone: false },
    ]);
  });
});

describe("presence store", () => {
  test("entries are replaced, read by room, removed when empty and cleared by node", async () => {
    const store = await freshStore();
    await store.write(
      "n1",
      new Map([
        ["r1", users("ann")],
        ["r2", users("bob")],
        ["r3", users("cid")],
      ]),
    );
    await store.write("n2", new Map([["r1", users("dan")]]));
    await store.write(
      "n1",
      new Map([
        ["r1", users("ann", "eve")],
        ["r2", users()],
        ["r9", users()],
      ]),
    );

    const found = await store.read(["r1", "r2"]);
    expect(found.toSorted((one, other) => one.node.localeCompare(other.node))).toEqual([
      { room: "r1", node: "n1", users: ["ann", "eve"], count: 2 },
      { room: "r1", node: "n2", users: ["dan"], count: 1 },
    ]);
    await store.clear(["n1", "n7"]);
    expect(await store.read(["r1", "r3"])).toMatchObject([{ node: "n2" }]);
  });

  test("strays are those who have entries and no record", async () => {
    const store = await freshStore();
    await store.enroll("n1", undefined);
    for (const node of ["n1", "n2"]) await store.write(node, new Map([["r1", users("ann")]]));

    expect(await store.strays()).toEqual(["n2"]);
  });
});

interface Worker {
  readonly presence: Presence;
  readonly events: PresenceChange[];
  readonly reports: string[];
  readonly node: () => string;
}

/** Fast enough for a test; the proportions are those of the real ones. */
const QUICK = { ...MEMBERSHIP_LIMITS, beatMs: 150, lookMs: 50, silentMs: 1000, graceMs: 600 };

/** Workers of one database that hear each other. */
function createHouse() {
  const hearRooms = new Map<string, Parameters<PresenceBus["onRooms"]>[0]>();
  const hearGone = new Map<string, Parameters<MembershipBus["onGone"]>[0]>();
  let count = 0;

  /** Adds a worker's ear, and returns how it is taken off. */
  function listen<Ear>(ears: Map<string, Ear>, name: string, ear: Ear): () => void {
    ears.set(name, ear);
    return () => void ears.delete(name);
  }

  const others = <Ear>(ears: Map<string, Ear>, self: string): Ear[] =>
    [...ears].filter(([name]) => name !== self).map(([, ear]) => ear);

  async function worker(store: Stores): Promise<Worker> {
    count += 1;
    const name = `w${count}-${Date.now()}`;
    let lives = 0;
    const [events, reports]: [PresenceChange[], string[]] = [[], []];
    const clock = systemClock();
    const outage = createOutage({
      failed: (error) => reports.push(String(error)),
      over: () => reports.push("over"),
    });
    const members = createMembership(
      {
        ...{ store, clock, outage, peer: undefined },
        bus: {
          tellGone: (node) => others(hearGone, name).forEach((hear) => void hear(node)),
          onGone: (hear) => listen(hearGone, name, hear),
        },
        newNodeId: () => `${name}.${++lives}`,
        onNodeId: () => {},
      },
      QUICK,
    );
    const presence = createPresence(
      {
        ...{ store, members, clock, outage },
        bus: {
          tellRooms: (rooms) => others(hearRooms, name).forEach((hear) => void hear(rooms)),
          onRooms: (hear) => listen(hearRooms, name, hear),
          onReady: () => () => {},
          isUp: () => true,
        },
        watchers: () => 1,
        deliver: (change) => void events.push(change),
      },
      { ...PRESENCE_LIMITS, retryMs: 100 },
    );
    const life = compose("worker", [members, presence]);
    onTestEnd(() => life.stop());
    await life.start();
    return { presence: { ...presence, ...life }, events, reports, node: () => `${name}.${lives}` };
  }

  return { worker };
}

describe("presence of two workers over MongoDB", () => {
  test("both answer alike, tell of changes, and forget who says goodbye", async () => {
    const store = await freshStore();
    const { worker } = createHouse();
    const [one, two] = [await worker(store), await worker(store)];
    one.presence.enter("room", "a1", "ann");
    two.presence.enter("room", "b1", "bob");
    await eventually(async () => {
      for (const { presence } of [one, two])
        expect((await presence.query("room")).users.toSorted()).toEqual(["ann", "bob"]);
    });
    await two.presence.watch("room", () => {});
    two.events.length = 0;

    one.presence.enter("room", "c1", "cid");
    await eventually(() => expect(two.events).toMatchObject([{ joined: ["cid"], left: [], count: 3 }]));
    await one.presence.stop();
    await eventually(async () => expect(await two.presence.query("room")).toEqual(users("bob")));
    await eventually(() => expect(two.events.at(-1)).toMatchObject({ left: ["ann", "cid"], count: 1 }));
    expect(two.events).toHaveLength(2);
    await eventually(async () => expect(await store.nodes()).toMatchObject([{ id: two.node() }]));
    // What it had written goes in a second step.
    const writers = async () => (await store.read(["room"])).map(({ node }) => node);
    await eventually(async () => expect(await writers()).toEqual([two.node()]));
  });

  test("a worker that cannot reach the store is gone for the others, and back after it", async () => {
    const proxy = await startTcpProxy({ target: mongo.target });
    const name = `cut-${Date.now()}`;
    const store = await connect(mongo.uriFor(name));
    const { worker } = createHouse();
    const one = await worker(await connect(mongo.uriVia(proxy, name)));
    const two = await worker(store);
    one.presence.enter("room", "a1", "ann");
    await eventually(async () => expect(await two.presence.query("room")).toEqual(users("ann")));
    const before = one.node();

    proxy.set("reset");
    await eventually(async () => expect(await two.presence.query("room")).toEqual(users()));
    await expect(one.presence.query("room")).rejects.toMatchObject({ code: "temporary" });
    one.presence.enter("room", "b1", "bob");
    proxy.set("pass");
    await eventually(async () => expect(await two.presence.query("room")).toEqual(users("ann", "bob")));
    expect(one.node()).not.toBe(before);
    await eventually(() => expect(one.reports).toEqual([expect.any(String), "over"]));
  });
});
