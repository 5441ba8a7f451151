import mongoose from "mongoose";
import { featureCall, storeCall } from "../../src/engine/stores/store-calls.js";

const { mongo } = mongoose;

/** What a failed operation is told as. */
const outcomeOf = (error: unknown) =>
  storeCall(() => Promise.reject(error)).catch(
    (reason: { name?: string; code?: unknown; cause?: unknown }) =>
      reason.cause === error ? reason.code : reason,
  );

const serverError = (code: number) => new mongo.MongoServerError({ message: "no", code });
const bulkError = (error: Error) =>
  new mongo.MongoBulkWriteError(error, {} as ConstructorParameters<typeof mongo.MongoBulkWriteError>[1]);
const epipe = Object.assign(new Error("write EPIPE"), { code: "EPIPE", errno: -32, syscall: "write" });

test("passes on what the operation gives", async () => {
  await expect(storeCall(async () => 7)).resolves.toBe(7);
});

test.each([
  ["a broken link", new mongo.MongoNetworkError("gone")],
  ["a link that the system says is broken", epipe],
  ["a broken link in a bulk write", bulkError(new mongo.MongoNetworkError("gone"))],
  ["no server", new mongoose.Error.MongooseServerSelectionError("none")],
  ["no connection yet", new mongo.MongoNotConnectedError("not yet")],
  ["a server that is stopping", serverError(11_600)],
  ["a server that is stopping, in a bulk write", bulkError(serverError(11_600))],
  ["a server that is not the primary any more", serverError(10_107)],
])("tells %s as temporary", async (_what, error) => {
  await expect(outcomeOf(error)).resolves.toBe("temporary");
});

test.each([
  ["a duplicate key", serverError(11_000)],
  ["a duplicate key in a bulk write", bulkError(serverError(11_000))],
  ["a wrong query", serverError(2)],
  ["a bug", new TypeError("undefined is not a function")],
])("passes %s on as it is", async (_what, error) => {
  await expect(outcomeOf(error)).resolves.toBe(error);
});

test("an operation that never ends is temporary after 10 s", async () => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
  try {
    const outcome = storeCall(() => new Promise(() => {})).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toMatchObject({ name: "AppError", code: "temporary" });
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test("a duplicate is a conflict for features, and nothing else is", async () => {
  const outcome = (error: unknown) =>
    featureCall(() => Promise.reject(error)).catch(({ code, cause }: { code?: unknown; cause?: unknown }) => [
      code,
      cause,
    ]);

  for (const error of [serverError(11_000), bulkError(serverError(11_000))]) {
    expect(await outcome(error)).toEqual(["conflict", error]);
  }
  expect(await outcome(serverError(11_600))).toEqual(["temporary", expect.anything()]);
  expect(await outcome(serverError(121))).toEqual([121, undefined]);
  await expect(featureCall(async () => 7)).resolves.toBe(7);
});
