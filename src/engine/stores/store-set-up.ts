import mongoose, { type Connection } from "mongoose";
import { StartError } from "../process/start-error.js";
import { refusesCredentials } from "./mongo-start-error.js";
import { isOutage, OPERATION_TIMEOUT_MS, within } from "./store-calls.js";

/** So often a set-up is begun that is not answered in time: on a busy machine new indexes take longer than anything else. */
const TRIES = 2;

/**
 * Runs the set-up of a store, such as creating its indexes, when a process starts. It is begun again when there is no answer within 10 s,
 * while the former one may still be under way.
 * @throws {StartError} when the user may not do that; a temporary one when the database goes away meanwhile, or does not answer
 * for 20 s. Anything else is passed on.
 */
export async function setUpStore<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await tried(operation, TRIES);
  } catch (error) {
    if (refusesCredentials(error)) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : "";
      throw new StartError(`MongoDB (MONGODB_URI) does not let the ${what} be set up: ${reason}`, {
        cause: error,
      });
    }
    if (!isOutage(error)) throw error;
    const trouble = isSlow(error)
      ? `No answer within ${(TRIES * OPERATION_TIMEOUT_MS) / 1000} s from`
      : "Lost";
    const message = `${trouble} MongoDB (MONGODB_URI) while the ${what} was set up`;
    throw new StartError(message, { cause: error, temporary: true });
  }
}

async function tried<Result>(operation: () => Promise<Result>, times: number): Promise<Result> {
  try {
    return await within(operation(), OPERATION_TIMEOUT_MS);
  } catch (error) {
    if (times === 1 || !isSlow(error)) throw error;
    return tried(operation, times - 1);
  }
}

/** The database may be there: it has not answered in time. */
function isSlow(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoOperationTimeoutError;
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
