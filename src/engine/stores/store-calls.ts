import mongoose from "mongoose";
import { AppError } from "../../contract/errors.js";
import { afterSilence } from "../process/after-silence.js";

/** An operation without an answer for this long has failed, in milliseconds. */
export const OPERATION_TIMEOUT_MS = 10_000;

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
export async function within<T>(operation: Promise<T>, timeoutMs: number): Promise<T> {
  let callOff: (() => void) | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // Made only when it is needed: its stack costs more than the rest of the call.
    const giveUp = () =>
      reject(new mongoose.mongo.MongoOperationTimeoutError(`No answer within ${timeoutMs} ms`));
    callOff = afterSilence(timeoutMs, giveUp);
  });
  try {
    return await Promise.race([operation, late]);
  } finally {
    callOff?.();
  }
}

/** Codes of a server that is stopping or no longer the primary; without a replica set they carry no label. */
const PASSING_CODES = [91, 189, 10107, 11600, 11602, 13435, 13436];

/** Whether the database is away, or says something that passes by itself. */
export function isOutage(error: unknown): boolean {
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
