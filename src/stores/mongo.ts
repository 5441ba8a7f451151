import mongoose, { type Connection } from "mongoose";
import { AppError } from "../errors.js";
import type { Component } from "../lifecycle.js";
import { type Logger, redactUri } from "../logger.js";
import { StartError } from "../start-error.js";

/** How long the driver looks for a usable server before an operation fails, in milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 3000;

/** This process's connection to MongoDB. Models are bound to `connection`, never to mongoose's global one. */
export interface Mongo extends Component {
  readonly connection: Connection;
  /** True when the server answers within `timeoutMs`. Never rejects. */
  ping(timeoutMs: number): Promise<boolean>;
}

/**
 * Connects at `start`, which rejects with a temporary {@link StartError} after 3 s without a server. Later
 * outages are survived: the driver reconnects by itself, operations fail meanwhile.
 */
export function createMongo(uri: string, log: Logger): Mongo {
  const connection = mongoose.createConnection();
  connection.on("disconnected", () => log.warn("mongodb disconnected"));
  connection.on("reconnected", () => log.info("mongodb reconnected"));
  connection.on("error", (error: unknown) => log.error({ err: error }, "mongodb connection error"));

  async function start(): Promise<void> {
    try {
      await connection.openUri(uri, {
        appName: "shoal",
        // A request that cannot reach the database must fail, not wait in memory.
        bufferCommands: false,
        autoIndex: false,
        autoCreate: false,
        serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
        connectTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
        heartbeatFrequencyMS: 2000,
        // The default is never: a half-open link would hang a request for ever.
        socketTimeoutMS: 10_000,
      });
    } catch (error) {
      await connection.destroy(true).catch(() => {});
      const message = `Cannot reach MongoDB at ${redactUri(uri)} (MONGODB_URI)`;
      throw new StartError(message, { cause: error, temporary: true });
    }
  }

  async function ping(timeoutMs: number): Promise<boolean> {
    if (connection.readyState !== mongoose.ConnectionStates.connected || connection.db === undefined)
      return false;
    const answer = connection.db.admin().command({ ping: 1 }, { timeoutMS: timeoutMs });
    return answer.then(
      () => true,
      () => false,
    );
  }

  return { name: "mongodb", connection, start, ping, stop: () => connection.close(true) };
}

/**
 * Runs one store operation and tells apart what the client may retry.
 * @throws {AppError} `temporary` when the database is away; anything else is passed on.
 */
export async function storeCall<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (isOutage(error)) throw new AppError("temporary", undefined, { cause: error });
    throw error;
  }
}

function isOutage(error: unknown): boolean {
  const { mongo } = mongoose;
  if (error instanceof mongo.MongoServerError) return error.hasErrorLabel("RetryableWriteError");
  return (
    error instanceof mongo.MongoNetworkError ||
    error instanceof mongo.MongoServerSelectionError ||
    error instanceof mongo.MongoNotConnectedError ||
    error instanceof mongo.MongoOperationTimeoutError ||
    error instanceof mongoose.Error.MongooseServerSelectionError
  );
}
