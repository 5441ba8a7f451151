import mongoose, { type Connection, type ConnectOptions } from "mongoose";
import type { Internals } from "../internals/internals.js";
import { wakeWritersOfClosedSockets } from "../internals/mongodb.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";
import { connectError, isSilence } from "./mongo-start-error.js";
import { OPERATION_TIMEOUT_MS, within } from "./store-calls.js";
import { setUpModels } from "./store-set-up.js";

/** Pause before the set-up of models goes on that a broken link has ended, in milliseconds. */
const SET_UP_AGAIN_MS = 1000;
/** How long the driver looks for a usable server before an operation fails, in milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 2000;
/**
 * How often it looks at the start as long as no server has said anything: a busy machine's may just be slow. All of it has to be over
 * well before a stop gives up, which waits for the start.
 */
const SILENT_LOOKS = 3;

/** How every connection to MongoDB is made. */
const CONNECT_OPTIONS = {
  appName: "shoal",
  // A request that cannot reach the database must fail, not wait in memory.
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
  serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
  connectTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
  heartbeatFrequencyMS: 2000,
  // Whatever the URI prefers: a secondary is behind, and what is decided by a read would be decided by the past.
  readPreference: "primary",
  // The default is never: a half-open link would hang a request for ever.
  socketTimeoutMS: OPERATION_TIMEOUT_MS,
} as const satisfies ConnectOptions;

/** Opens a connection; rejects with the driver's error after 2 s without a server, or after 6 s in which nothing was heard from one. */
export async function openConnection(connection: Connection, uri: string, looks = 1): Promise<void> {
  try {
    await connection.openUri(uri, CONNECT_OPTIONS);
  } catch (error) {
    if (looks === SILENT_LOOKS || !isSilence(error)) throw error;
    await openConnection(connection, uri, looks + 1);
  }
}

/**
 * This process's connection to MongoDB. Models are bound to `connection`, never to mongoose's global one; `start` creates the
 * collections and indexes of those that it has by then, and a later reconnect those that are missing.
 */
export interface Mongo extends Component {
  readonly connection: Connection;
  /** True when the server answers within `timeoutMs`. Never rejects. */
  ping(timeoutMs: number): Promise<boolean>;
}

/**
 * Connects at `start`, which rejects with a {@link StartError}: a temporary one after 2 s without a server, or after 6 s in which
 * nothing at all was heard from one; another one for what does not pass, such as wrong credentials. Later outages are survived: the
 * driver reconnects by itself, operations fail meanwhile.
 */
export function createMongo(uri: string, internals: Pick<Internals, "allows">, log: Logger): Mongo {
  const connection = mongoose.createConnection();
  let endWaking = (): void => {};
  let setUpTimer: NodeJS.Timeout | undefined;
  const onDisconnected = (): void => log.warn("mongodb disconnected");
  connection.on("reconnected", () => {
    log.info("mongodb reconnected");
    void setUpAgain();
  });

  async function start(): Promise<void> {
    endWaking();
    if (internals.allows("mongodb-wake")) endWaking = wakeWritersOfClosedSockets();
    try {
      await openConnection(connection, uri);
      // Not before: a failed start is told by the error below, in one line, and who never was connected is not disconnected.
      connection.on("disconnected", onDisconnected);
      connection.on("error", (error: unknown) => log.error({ err: error }, "mongodb connection error"));
    } catch (error) {
      await giveUp();
      throw connectError(error, uri);
    }
    try {
      await setUpModels(connection);
    } catch (error) {
      await giveUp();
      throw error;
    }
  }

  /** What came back may be a restored database, or an empty one: neither need have the indexes. */
  async function setUpAgain(): Promise<void> {
    clearTimeout(setUpTimer);
    try {
      await setUpModels(connection);
    } catch (error) {
      // If it went away again, the next reconnect sees to it.
      if (connection.readyState !== mongoose.ConnectionStates.connected) return;
      if (error instanceof StartError && error.temporary) {
        // One link broke, which is no disconnect.
        setUpTimer = setTimeout(() => void setUpAgain(), SET_UP_AGAIN_MS).unref();
        return;
      }
      log.error({ err: error }, "mongodb came back without all indexes, and they cannot be created");
    }
  }

  async function giveUp(): Promise<void> {
    connection.off("disconnected", onDisconnected); // the error says enough
    await connection.destroy(true).catch(() => {});
    endWaking();
  }

  async function ping(timeoutMs: number): Promise<boolean> {
    if (connection.readyState !== mongoose.ConnectionStates.connected || connection.db === undefined)
      return false;
    const answer = connection.db.command({ ping: 1 });
    return within(answer, timeoutMs).then(
      () => true,
      () => false,
    );
  }

  async function stop(): Promise<void> {
    connection.off("disconnected", onDisconnected); // from here on it is no news
    clearTimeout(setUpTimer);
    await connection.close(true);
    endWaking();
  }

  return { name: "mongodb", connection, start, ping, stop };
}
