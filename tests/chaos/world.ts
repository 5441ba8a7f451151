import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import mongoose, { type Connection } from "mongoose";
import type { RoomEntryRecord } from "../../src/engine/stores/models/room-entry.js";
import { createRoomStore, type MongoRoomStore } from "../../src/engine/stores/room-store.js";
import { onEnd } from "../support/cleanup.js";
import { startStopwatch } from "../support/machine-time.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { createIssuer, type Issuer } from "./issuer.js";
import { createLedger, type Ledger, type StoredEntry } from "./ledger.js";
import { type Machine, startMachine } from "./machine.js";

/** The servers of a run, each a process, and all links between them. */
export interface World {
  readonly ledger: Ledger;
  /** Whose tokens the instances take; undefined where names are believed. */
  readonly issuer: Issuer | undefined;
  readonly mongo: MongoServer;
  readonly redis: RedisServer;
  readonly machines: readonly Machine[];
  /** How long the machines took to start, all at once, in milliseconds of the machine's time. */
  readonly startMs: number;
  /** Where clients reach the instances, whether these run or not. */
  readonly urls: () => string[];
  /** The rooms' store over a link of its own that no fault touches, for operators' work. */
  readonly operator: { readonly store: MongoRoomStore; readonly connection: Connection };
  /** What is stored now, by room, ascending. */
  stored(rooms: readonly string[]): Promise<Map<string, StoredEntry[]>>;
  /** The largest resident size of a worker now, in bytes. */
  largestWorkerBytes(): number;
}

export interface WorldOptions {
  readonly instances: number;
  readonly workers: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether clients have tokens that expire, and limits are on. */
  readonly auth?: boolean;
}

/** Starts everything. Ends by itself. */
export async function startWorld({ instances, workers, env, auth = false }: WorldOptions): Promise<World> {
  const ledger = createLedger();
  const [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
  const database = `chaos-${randomBytes(4).toString("hex")}`;
  const issuer = auth ? createIssuer() : undefined;
  const common = { workers, mongo, database, redis, ledger, env: { ...issuer?.env, ...env } };
  const names = Array.from({ length: instances }, (_, index) => `machine-${index + 1}`);
  const passedMs = startStopwatch();
  const machines = await Promise.all(names.map((name) => startMachine({ ...common, name })));
  const startMs = passedMs();
  const connection = await connect(mongo.uriFor(database));

  return {
    ledger,
    issuer,
    mongo,
    redis,
    machines,
    startMs,
    urls: () => machines.map(({ url }) => url),
    operator: { store: createRoomStore(connection), connection },
    stored: (rooms) => readStored(connection, rooms),
    largestWorkerBytes: () =>
      Math.max(0, ...machines.flatMap((machine) => machine.workerPids()).map(residentBytes)),
  };
}

async function connect(uri: string): Promise<Connection> {
  const connection = mongoose.createConnection(uri, {
    serverSelectionTimeoutMS: 10_000,
    heartbeatFrequencyMS: 500,
  });
  onEnd(() => connection.close(true));
  return connection.asPromise();
}

async function readStored(
  connection: Connection,
  rooms: readonly string[],
): Promise<Map<string, StoredEntry[]>> {
  const result = new Map<string, StoredEntry[]>(rooms.map((room) => [room, []]));
  const cursor = connection
    .collection<RoomEntryRecord>("roomEntries")
    .find({ room: { $in: [...rooms] } }, { projection: { body: 0 }, sort: { room: 1, seq: 1 } });
  for await (const { room, seq, from, id } of cursor) {
    result.get(room)?.push({ seq, key: id === undefined ? undefined : `${from}/${id}` });
  }
  return result;
}

/** 0 for a process that has ended. */
function residentBytes(pid: number): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
