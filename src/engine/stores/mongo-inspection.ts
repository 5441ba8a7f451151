import { types } from "node:util";
import type { Connection } from "mongoose";
import type { ClockReading } from "../process/clock-reading.js";
import { StartError } from "../process/start-error.js";
import { durabilityOf } from "./durability.js";
import { openConnection } from "./mongo.js";
import { connectError } from "./mongo-start-error.js";

/** What was seen of MongoDB without changing anything in it. */
export interface MongoFacts {
  readonly version: string;
  /** Undefined of a single server, and of the router of a sharded cluster. */
  readonly replicaSet:
    | { readonly name: string; readonly members: number; readonly arbiters: number }
    | undefined;
  readonly isRouter: boolean;
  /** How long a write took that changes nothing, until it was as safe as one of a durable room; in milliseconds. */
  readonly writeMs: number;
  /** Undefined where the server tells no time. */
  readonly clock: ClockReading | undefined;
  /** Collections that are there and lack indexes, with these. */
  readonly lacking: readonly string[];
  /** Collections that are not there yet; whoever starts first makes them. */
  readonly absent: number;
}

/**
 * Looks at MongoDB through a connection that is not open yet and has all models; closes it again.
 * @throws {StartError} that says why it cannot be used, by a server that starts as well.
 */
export async function inspectMongo(
  connection: Connection,
  uri: string,
  dateMs: () => number,
): Promise<MongoFacts> {
  try {
    await openConnection(connection, uri).catch((error: unknown) => {
      throw connectError(error, uri);
    });
    const { hello, clock } = await greet(connection, dateMs);
    const { version } = await commandOf(connection, { buildInfo: 1 });
    const writeMs = await writeNothing(connection);
    const { setName, hosts, passives, arbiters } = hello;
    return {
      version: String(version),
      replicaSet:
        setName === undefined
          ? undefined
          : {
              name: String(setName),
              members: countOf(hosts) + countOf(passives),
              arbiters: countOf(arbiters),
            },
      isRouter: hello.msg === "isdbgrid",
      ...{ writeMs, clock },
      ...(await indexesOf(connection)),
    };
  } finally {
    await connection.destroy(true).catch(() => {});
  }
}

type Reply = Readonly<Record<string, unknown>>;

async function commandOf(connection: Connection, command: Record<string, unknown>): Promise<Reply> {
  return (await connection.db?.command(command)) ?? {};
}

async function greet(
  connection: Connection,
  dateMs: () => number,
): Promise<{ hello: Reply; clock: ClockReading | undefined }> {
  const beforeMs = dateMs();
  const hello = await commandOf(connection, { hello: 1 });
  const afterMs = dateMs();
  const { localTime } = hello;
  const clock = types.isDate(localTime) ? { serverMs: localTime.getTime(), beforeMs, afterMs } : undefined;
  return { hello, clock };
}

/** A deletion of what is not there waits for the same servers as one that deletes. */
async function writeNothing(connection: Connection): Promise<number> {
  const { durable } = await durabilityOf(connection);
  const startMs = performance.now();
  try {
    const nowhere = connection.collection("doctor");
    await nowhere.deleteOne({ _id: { $in: [] } }, { writeConcern: durable });
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new StartError(
      `MongoDB (MONGODB_URI) confirms no write with ${JSON.stringify(durable)}: ${reason}`,
      {
        cause: error,
      },
    );
  }
  return performance.now() - startMs;
}

async function indexesOf(connection: Connection): Promise<Pick<MongoFacts, "lacking" | "absent">> {
  const found = await connection.db?.listCollections({}, { nameOnly: true }).toArray();
  const there = new Set(found?.map(({ name }) => name));
  const models = connection.modelNames().map((name) => connection.model(name));
  const present = models.filter(({ collection }) => there.has(collection.name));
  const lacking = await Promise.all(
    present.map(async (model) => {
      const { toCreate } = await model.diffIndexes();
      return toCreate.length === 0 ? [] : [`${model.collection.name} ${toCreate.map(shown).join(", ")}`];
    }),
  );
  return { lacking: lacking.flat(), absent: models.length - present.length };
}

/** The fields of an index; mongoose gives them with or without its options. */
function shown(index: unknown): string {
  return JSON.stringify(Array.isArray(index) ? index[0] : index);
}

function countOf(hosts: unknown): number {
  return Array.isArray(hosts) ? hosts.length : 0;
}
