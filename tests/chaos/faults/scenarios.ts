import { randomBytes } from "node:crypto";
import { io } from "socket.io-client";
import { onEnd } from "../../support/cleanup.js";
import { emitAck } from "../../support/connect-client.js";
import { startStopwatch } from "../../support/machine-time.js";
import { eventually, within } from "../../support/wait.js";
import { type ChaosClient, createChaosClient, type Reader } from "../chaos-client.js";
import type { Fault, FaultContext } from "../fault.js";
import { createPrng } from "../prng.js";
import { ownerOfConnection } from "../wire-tap.js";
import type { World } from "../world.js";

/** Readers go on this long after a message that follows a number which is never used. */
const STALL_LIMIT_MS = 2500;
/** The sweep comes every 5 s, ±20 %; the rest is for a busy machine. */
const SWEEP_LIMIT_MS = 9000;
const CATCH_WITHIN_MS = 15_000;

/** A room and users of this scenario alone. */
function stage({ world }: FaultContext) {
  const mark = randomBytes(4).toString("hex");
  const clients: ChaosClient[] = [];
  return {
    room: `stage-${mark}`,
    client(name: string, urls = world.urls): ChaosClient {
      const user = `${name}-${mark}`;
      const { ledger, issuer } = world;
      const client = createChaosClient({ user, urls, rng: createPrng(user), ledger, issuer });
      clients.push(client);
      return client;
    },
    clear(): void {
      for (const client of clients) client.close();
    },
  };
}

/** How long it takes the reader to come to `seq`, in ms of the machine's time. @throws after `withinMs` of it. */
async function reaches(reader: Reader, seq: number, withinMs: number): Promise<number> {
  const passedMs = startStopwatch();
  let tookMs = 0;
  const at = () => reader.position()?.last ?? 0;
  await eventually(
    () => {
      if (at() < seq) throw new Error(`${reader.stream.reader} is at ${at()} of ${seq} in ${reader.room}`);
    },
    { withinMs, everyMs: 5 },
  ).finally(() => {
    tookMs = passedMs();
  });
  return tookMs;
}

/** What both deaths of a worker have in common: who writes is on the first machine, who reads on another. */
async function withDeath(
  context: FaultContext,
  moment: "request" | "answer",
  act: (
    scene: { room: string; writer: ChaosClient; other: ChaosClient; reader: Reader },
    death: () => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const { world, rng } = context;
  const victim = rng.pick(world.machines);
  const elsewhere = world.machines.filter((machine) => machine !== victim).map(({ url }) => url);
  const { room, client, clear } = stage(context);
  let victimUrls = [victim.url];
  const writer = client("writer", () => victimUrls);
  const other = client("other", () => elsewhere);
  const reader = client("reader", () => elsewhere).read(room);
  writer.openForWriting(room);
  other.openForWriting(room);
  try {
    await writer.publish(room);
    await reaches(reader, 1, 5000);
    const caught = victim.tap.catchInsert(room, moment);
    await act({ room, writer, other, reader }, async () => {
      const port = await within(caught, CATCH_WITHIN_MS, "an insert to catch");
      const pid = ownerOfConnection(port, victim.tap.port, victim.workerPids());
      if (pid === undefined) throw new Error(`nobody owns the connection from ${port}`);
      victim.killWorker(pid);
      victimUrls = elsewhere;
    });
    const stored = await world.stored([room]);
    world.ledger.check(stored);
  } finally {
    clear();
  }
}

const lostNumber: Fault = {
  name: "death between counter and insert",
  touches: "all",
  inject: (context) =>
    withDeath(context, "request", async ({ room, writer, other, reader }, death) => {
      const late = writer.publish(room);
      late.catch(() => {}); // awaited below, unless the scene has failed before
      await death();
      const seq = await other.publish(room);
      context.measure("stall after a lost number, ms", await reaches(reader, seq, STALL_LIMIT_MS));
      await reaches(reader, await late, 15_000);
      const entries = (await context.world.stored([room])).get(room) ?? [];
      const voids = entries.filter(({ key }) => key === undefined).map(({ seq }) => seq);
      if (voids.join() !== "2") throw new Error(`tombstones at ${voids.join()} instead of 2`);
    }),
};

const lostNews: Fault = {
  name: "death between insert and publish",
  touches: "all",
  inject: (context) =>
    withDeath(context, "answer", async ({ room, writer, reader }, death) => {
      const publication = writer.publish(room).catch(() => 0); // it will not come back to hear
      await death();
      writer.close();
      await publication;
      context.measure("repair after lost news, ms", await reaches(reader, 2, SWEEP_LIMIT_MS));
    }),
};

const resent: Fault = {
  name: "acknowledged messages sent again",
  touches: "all",
  async inject({ world, load, rng }) {
    for (let times = 10; times > 0; times -= 1) {
      const ack = world.ledger.anyAck(load.rooms, rng);
      if (ack === undefined) return;
      const { room, from, id, seq } = ack;
      const socket = io(rng.pick(world.urls()), {
        transports: ["websocket"],
        forceNew: true,
        auth: { user: from, token: await world.issuer?.tokenFor(from) },
      });
      onEnd(() => socket.disconnect());
      const retry = rng.chance(0.5);
      const messages = [{ id, body: "sent again" }];
      const answer = await emitAck<{ seqs?: readonly number[] }>(
        socket,
        "publish",
        { room, messages, retry },
        10_000,
      );
      socket.disconnect();
      if (answer.seqs?.[0] !== seq || answer.seqs.length !== 1) {
        throw new Error(`${room} ${from}/${id} at ${seq} was answered ${JSON.stringify(answer)}`);
      }
    }
  },
};

interface Change {
  /** What an operator does, while one reader is away and another one is there. */
  readonly apply: (room: string) => Promise<void>;
  /** How often the reader that is there must be reset. */
  readonly presentResets: number;
}

/** More than a worker keeps in memory of a room: what is there needs no reset to be complete. */
const MISSED = 130;

/** Somebody is away while the room changes under their position; when they come back they are told so once. */
async function withAbsence(context: FaultContext, { apply, presentResets }: Change): Promise<void> {
  const { room, client, clear } = stage(context);
  const writer = client("writer");
  const absent = client("absent");
  const [away, present] = [listen(absent, room), listen(client("present"), room)];
  writer.openForWriting(room);
  const publish = (count: number) => Promise.all(Array.from({ length: count }, () => writer.publish(room)));
  try {
    await publish(20);
    await Promise.all([reaches(away.reader, 20, 5000), reaches(present.reader, 20, 5000)]);
    absent.socket.disconnect();
    await publish(MISSED);
    await reaches(present.reader, 20 + MISSED, 5000);
    away.reader.stream.allowedResets = 1;
    present.reader.stream.allowedResets = presentResets;
    await apply(room);
    absent.socket.connect();
    await publish(1);
    await showsAllOf(context.world, away, 1);
    if (presentResets > 0) await showsAllOf(context.world, present, presentResets);
  } finally {
    clear();
  }
}

/** A reader with what it was shown since its last reset, as "number sender/id". */
function listen(client: ChaosClient, room: string): { reader: Reader; shown: () => string[] } {
  const lines: { readonly resets: number; readonly line: string }[] = [];
  const reader = client.read(room, { after: 0 }, ({ seq, from, id }) => {
    lines.push({ resets: reader.stream.resets, line: `${seq} ${from}/${id}` });
  });
  const shown = () => lines.filter(({ resets }) => resets === reader.stream.resets).map(({ line }) => line);
  return { reader, shown };
}

/** Waits until the reader was shown, since its last reset of this many, exactly what is stored. */
async function showsAllOf(
  world: World,
  { reader, shown }: ReturnType<typeof listen>,
  resets: number,
): Promise<void> {
  const { room, stream } = reader;
  await eventually(
    async () => {
      const entries = (await world.stored([room])).get(room) ?? [];
      const wanted = entries.filter(({ key }) => key !== undefined).map(({ seq, key }) => `${seq} ${key}`);
      const state = `after ${stream.resets} resets ${stream.reader} has ${shown().join()}`;
      if (shown().join() !== wanted.join()) throw new Error(`${state} instead of ${wanted.join()}`);
      if (stream.resets !== resets)
        throw new Error(`${stream.resets} resets of ${stream.reader}, not ${resets}`);
    },
    { withinMs: 15_000, everyMs: 100 },
  );
}

const trimmed: Fault = {
  name: "offline longer than retention",
  touches: "all",
  inject: (context) =>
    withAbsence(context, {
      presentResets: 0,
      async apply(room) {
        const { store } = context.world.operator;
        await store.raiseFloor(room, MISSED);
        await store.deleteUpTo(room, MISSED);
      },
    }),
};

const restored: Fault = {
  name: "log restored under a new epoch",
  touches: "all",
  inject: (context) =>
    withAbsence(context, {
      presentResets: 1,
      async apply(room) {
        const { connection } = context.world.operator;
        const rooms = connection.collection<{ _id: string }>("rooms");
        const epoch = randomBytes(8).toString("hex");
        context.world.ledger.exempt(room);
        await connection.collection("roomEntries").deleteMany({ room, seq: { $gt: 30 } });
        await rooms.updateOne({ _id: room }, { $set: { epoch, seq: 30 } });
      },
    }),
};

/** Faults that set their own scene and judge it themselves, besides the load. */
export const SCENARIOS: readonly Fault[] = [lostNumber, lostNews, resent, trimmed, restored];
