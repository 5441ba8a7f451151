import mongoose from "mongoose";
import { StartError } from "../../src/engine/process/start-error.js";
import { setUpStore } from "../../src/engine/stores/store-set-up.js";

describe("the set-up of a store", () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] }));
  afterEach(() => void jest.useRealTimers());

  const never = (): Promise<string> => new Promise(() => {});

  test("is begun again when a busy machine did not answer in time", async () => {
    const tries = [never, async () => "indexes"];

    const done = setUpStore("room log", () => (tries.shift() ?? never)());
    await jest.advanceTimersByTimeAsync(10_000);

    await expect(done).resolves.toBe("indexes");
    expect(tries).toEqual([]);
  });

  test("that is not answered for 20 s is given up for now, and told as that", async () => {
    let begun = 0;

    const failure = setUpStore("room log", () => {
      begun += 1;
      return never();
    }).catch((error: unknown) => error);
    for (const _ of [1, 2]) await jest.advanceTimersByTimeAsync(10_000);

    expect(await failure).toEqual(
      new StartError("No answer within 20 s from MongoDB (MONGODB_URI) while the room log was set up"),
    );
    expect(await failure).toMatchObject({ temporary: true });
    expect(begun).toBe(2);
  });

  test("is not begun again when the database went away", async () => {
    let begun = 0;

    const failure = await setUpStore("room log", () => {
      begun += 1;
      return Promise.reject(new mongoose.mongo.MongoNetworkError("connection 1 closed"));
    }).catch((error: unknown) => error);

    expect(failure).toMatchObject({
      message: "Lost MongoDB (MONGODB_URI) while the room log was set up",
      temporary: true,
    });
    expect(begun).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
