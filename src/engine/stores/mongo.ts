import mongoose, { type Connection } from "mongoose";
import { AppError } from "../../contract/errors.js";
import type { Internals } from "../internals/internals.js";
import { wakeWritersOfClosedSockets } from "../internals/mongodb.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";
import { connectError, isSilence, refusesCredentials } from "./mongo-start-error.js";

/** How long the driver looks for a usable server before an operation fails, in milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 2000;
/** How often it looks at the start as long as no server has said anything: a busy machine's may just be slow. */
const SILENT_LOOKS = 5;
/** An operation without an answer for this long has failed, in milliseconds. */
const OPERATION_TIMEOUT_MS = 10_000;

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
 * Connects at `start`, which rejects with a {@link StartError}: a temporary one after 2 s without a server, or after 10 s in which
 * nothing at all was heard from one; another one for what does not pass, such as wrong credentials. Later outages are survived: the driver reconnects by itself, operations fail meanwhile.
 */
export function createMongo(uri: string, internals: Pick<Internals, "allows">, log: Logger): Mongo {
  const connection = mongoose.createConnection();
  let endWaking = (): void => {};
  const onDisconnected = (): void => log.warn("mongodb disconnected");
  connection.on("reconnected", () => {
    log.info("mongodb reconnected");
    void setUpAgain();
  });

  async function start(): Promise<void> {
    endWaking();
    if (internals.allows("mongodb-wake")) endWaking = wakeWritersOfClosedSockets();
    try {
      await open();
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

  async function open(looks = 1): Promise<void> {
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
        // Whatever the URI prefers: a secondary is behind, and what is decided by a read would be decided by the past.
        readPreference: "primary",
        // The default is never: a half-open link would hang a request for ever.
        socketTimeoutMS: OPERATION_TIMEOUT_MS,
      });
    } catch (error) {
      if (looks === SILENT_LOOKS || !isSilence(error)) throw error;
      await open(looks + 1);
    }
  }

  /** What came back may be a restored database, or an empty one: neither need have the indexes. */
  async function setUpAgain(): Promise<void> {
    try {
      await setUpModels(connection);
    } catch (error) {
      // If it went away again, the next reconnect sees to it.
      if (connection.readyState !== mongoose.ConnectionStates.connected) return;
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
    await connection.close(true);
    endWaking();
  }

  return { name: "mongodb", connection, start, ping, stop };
}

/**
 * Runs one store operation and tells apart what the client may retry.
 * @throws {AppError} `temporary` when the database is away; anything else is passed on.
 */
export async function storeCall<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await within(operation(), OPERATION_TIMEOUT_MS);
  } catch (error) {
    if (isOutage(error)) throw new AppError("temporary", undefined, { cause: error });
    throw error;
  }
}

/** What MongoDB says of a value that a unique index has already. */
const DUPLICATE_KEY = 11_000;

/**
 * {@link storeCall} for features, whose unique indexes are about what their users may have once.
 * @throws {AppError} also `conflict`.
 */
export async function featureCall<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await storeCall(operation);
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
    throw new AppError("conflict", undefined, { cause: error });
  }
}

/**
 * Runs the set-up of a store, such as creating its indexes, when a process starts.
 * @throws {StartError} when the user may not do that; a temporary one when the database goes away meanwhile. Anything
 * else is passed on.
 */
export async function setUpStore(what: string, operation: () => Promise<void>): Promise<void> {
  try {
    await within(operation(), OPERATION_TIMEOUT_MS);
  } catch (error) {
    if (refusesCredentials(error)) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : "";
      throw new StartError(`MongoDB (MONGODB_URI) does not let the ${what} be set up: ${reason}`, {
        cause: error,
      });
    }
    if (!isOutage(error)) throw error;
    const message = `Lost MongoDB (MONGODB_URI) while the ${what} was set up`;
    throw new StartError(message, { cause: error, temporary: true });
  }
}

/**
 * Creates the collections and indexes of all models that the connection has by now, before anything is served; safe from
 * several processes at once.
 * @throws {StartError} as {@link setUpStore}, and when the data or another index is in the way.
 */
export async function setUpModels(connection: Connection): Promise<void> {
  await Promise.all(connection.modelNames().map((name) => setUpModel(connection.model(name))));
}

/** A model of whatever documents. */
interface Indexed {
  readonly modelName: string;
  createCollection(): Promise<unknown>;
  createIndexes(): Promise<void>;
}

/** A `unique` that is not there keeps nothing out, and nobody would notice. */
async function setUpModel(model: Indexed): Promise<void> {
  try {
    await setUpStore(`collection of ${model.modelName}`, async () => {
      await model.createCollection();
      await model.createIndexes();
    });
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoServerError)) throw error;
    throw new StartError(`The indexes of ${model.modelName} cannot be created: ${error.message}`, {
      cause: error,
    });
  }
}

/** The outcome of one call, or a failure when it takes longer than any should; what came of it is unknown then. */
export function boundedCall<T>(call: Promise<T>): Promise<T> {
  return within(call, OPERATION_TIMEOUT_MS);
}

/** The same store with {@link boundedCall} around each of its calls. */
export function boundedCalls<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== "function") return call;
      return (...args: unknown[]) => boundedCall(Reflect.apply(call, target, args));
    },
  });
}

/**
 * The driver's own bounds do not hold: `timeoutMS` has no effect, and an operation whose link breaks just before the
 * write never ends, as it waits for room in a buffer that is gone (mongodb 7.8).
 */
async function within<T>(operation: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // Made only when it is needed: its stack costs more than the rest of the call.
    const giveUp = () =>
      reject(new mongoose.mongo.MongoOperationTimeoutError(`No answer within ${timeoutMs} ms`));
    timer = setTimeout(giveUp, timeoutMs);
  });
  try {
    return await Promise.race([operation, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Codes of a server that is stopping or no longer the primary; without a replica set they carry no label. */
const PASSING_CODES = [91, 189, 10107, 11600, 11602, 13435, 13436];

function isOutage(error: unknown): boolean {
  const { mongo } = mongoose;
  if (error instanceof mongo.MongoServerError) {
    const passing = error.hasErrorLabel("RetryableWriteError") || PASSING_CODES.includes(Number(error.code));
    // A bulk write wraps whatever kept it from running, a broken link too, as if the server had said it.
    return passing || isOutage(error.errorResponse);
  }
  return (
    error instanceof mongo.MongoNetworkError ||
    error instanceof mongo.MongoServerSelectionError ||
    error instanceof mongo.MongoNotConnectedError ||
    error instanceof mongo.MongoOperationTimeoutError ||
    error instanceof mongoose.Error.MongooseServerSelectionError ||
    isSystemError(error)
  );
}

/** A failed write into a broken link: the driver passes on what the system says, as it is (mongodb 7.8). */
function isSystemError(error: unknown): boolean {
  return typeof error === "object" && error !== null && "syscall" in error;
}
