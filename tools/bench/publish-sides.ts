import { randomUUID } from "node:crypto";
import mongoose, { type Connection } from "mongoose";
import { systemClock } from "../../src/engine/rooms/ports.js";
import { createRooms } from "../../src/engine/rooms/rooms.js";
import { createRoomStore } from "../../src/engine/stores/room-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";

/** One way to store a message so that its acknowledgement can be trusted. */
export interface Side {
  readonly name: string;
  /** Resolves when the message is stored under a number of its own and journaled. */
  publish(room: string, from: string): Promise<void>;
  stop(): Promise<void>;
}

const BODY = "x".repeat(100);

/** Shoal's rooms as the service runs them: what waits while one batch is stored becomes the next batch. */
export async function groupCommit(connection: Connection): Promise<Side> {
  const store = createRoomStore(connection);
  await setUpModels(connection);
  await store.prepare();
  const silent = { publish() {}, onMessages: () => () => {}, onReady: () => () => {}, isUp: () => true };
  const rooms = createRooms({
    store,
    bus: silent,
    clock: systemClock(),
    deliver() {},
    members: () => 0,
    report(what, error) {
      throw new Error(`the benchmark is void: ${what}`, { cause: error });
    },
  });
  await rooms.start();
  return {
    name: "group commit",
    async publish(room, from) {
      await rooms.publish({ room, from, messages: [{ id: randomUUID(), body: BODY }] });
    },
    stop: () => rooms.stop(),
  };
}

interface NaiveRecord {
  readonly _id: string;
  readonly seq?: number;
}

/** The plain way, with the same guarantees for what is stored: a counter update and an insert for every message. */
export async function oneByOne(connection: Connection): Promise<Side> {
  const counters = connection.collection<NaiveRecord>("benchCounters");
  const messages = connection.collection<NaiveRecord>("benchMessages");
  await messages.createIndex({ room: 1, seq: 1 }, { unique: true });
  const durable = { w: 1, j: true } as const;
  return {
    name: "one insert per message",
    async publish(room, from) {
      const counter = await counters.findOneAndUpdate(
        { _id: room },
        { $inc: { seq: 1 } },
        { upsert: true, returnDocument: "after", writeConcern: { w: 1 } },
      );
      const id = randomUUID();
      const message = {
        _id: `${room}/${from}/${id}`,
        room,
        seq: counter?.seq ?? 0,
        id,
        from,
        at: new Date(),
        body: BODY,
      };
      await messages.insertOne(message, { writeConcern: durable });
    },
    stop: async () => {},
  };
}

/** A connection with the pool size that the service has. */
export function connect(uri: string): Promise<Connection> {
  return mongoose.createConnection(uri, { bufferCommands: false, autoCreate: false }).asPromise();
}
