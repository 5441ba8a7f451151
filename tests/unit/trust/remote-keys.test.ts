import type { JSONWebKeySet } from "jose";
import { createLogger } from "../../../src/engine/process/logger.js";
import { createRemoteKeys } from "../../../src/engine/trust/tokens/remote-keys.js";
import { KeysUnavailable, type TokenKeys } from "../../../src/engine/trust/tokens/token-keys.js";
import { keySetOf, type SigningKey, signingKey } from "../../support/tokens.js";
import { type Deferred, deferred } from "../../support/wait.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const log = createLogger("silent");

let first: SigningKey;
let second: SigningKey;

beforeAll(async () => {
  first = await signingKey("first", "ES256");
  second = await signingKey("second", "ES256");
});

/** A key server with a clock of its own. */
function createKeyServer(...published: readonly SigningKey[]) {
  const state = {
    nowMs: 0,
    asked: 0,
    published,
    isAway: false,
    gate: undefined as Deferred<void> | undefined,
  };

  async function download(): Promise<JSONWebKeySet> {
    state.asked += 1;
    await state.gate?.promise;
    if (state.isAway) throw new Error("away");
    return keySetOf(...state.published);
  }

  const keys = createRemoteKeys({ url: "http://keys.example/", download, nowMs: () => state.nowMs, log });
  return Object.assign(state, { keys });
}

async function has(keys: TokenKeys, kid: string): Promise<boolean | "undecided"> {
  try {
    return (await keys.candidates({ alg: "ES256", kid })).length > 0;
  } catch (error) {
    if (error instanceof KeysUnavailable) return "undecided";
    throw error;
  }
}

describe("the keys of an address", () => {
  test("are asked for once by any number of tokens, and not again for 10 minutes", async () => {
    const server = createKeyServer(first);

    await Promise.all([1, 2, 3].map(() => expect(has(server.keys, "first")).resolves.toBe(true)));
    server.nowMs += 10 * MINUTE_MS - 1;
    await expect(has(server.keys, "first")).resolves.toBe(true);
    expect(server.asked).toBe(1);

    server.nowMs += 1;
    await expect(has(server.keys, "first")).resolves.toBe(true);
    expect(server.asked).toBe(2);
  });

  test("that were withdrawn are taken for 10 minutes at most", async () => {
    const server = createKeyServer(first, second);
    await expect(has(server.keys, "first")).resolves.toBe(true);
    server.published = [second];

    server.nowMs += 10 * MINUTE_MS;
    await expect(has(server.keys, "first")).resolves.toBe(false);
    await expect(has(server.keys, "second")).resolves.toBe(true);
  });

  test("are asked for again when a key is not among them", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");
    server.published = [first, second];

    server.nowMs += 1000;
    await expect(has(server.keys, "second")).resolves.toBe(true);
    expect(server.asked).toBe(2);
  });

  test("are asked for at most every 30 s, however many unknown keys come; what is not asked is not decided", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");

    await expect(has(server.keys, "forged")).resolves.toBe(false);
    expect(server.asked).toBe(2);
    server.nowMs += 29_999;
    for (let count = 0; count < 50; count += 1)
      await expect(has(server.keys, `forged-${count}`)).resolves.toBe("undecided");
    expect(server.asked).toBe(2);

    server.published = [first, second];
    server.nowMs += 1;
    await expect(has(server.keys, "second")).resolves.toBe(true);
    expect(server.asked).toBe(3);
  });

  test("that are not known now tell after how many whole milliseconds to come back", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "forged");
    server.nowMs += 0.7;

    await expect(server.keys.candidates({ alg: "ES256", kid: "other" })).rejects.toMatchObject({
      retryAfterMs: 30_000,
    });
  });

  test("serve on for 24 h while the address is away, and nobody waits for it", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");
    server.isAway = true;
    server.nowMs += 10 * MINUTE_MS;
    await expect(has(server.keys, "first")).resolves.toBe(true); // finds that it is away

    server.gate = deferred();
    server.nowMs += HOUR_MS;
    await expect(has(server.keys, "first")).resolves.toBe(true); // does not wait at the gate
    expect(server.asked).toBe(3);
    server.gate.resolve();
    server.gate = undefined;

    server.nowMs = 24 * HOUR_MS - 1;
    await expect(has(server.keys, "first")).resolves.toBe(true);
    server.nowMs += 1;
    await expect(has(server.keys, "first")).resolves.toBe("undecided");
  });

  test("are asked for every 30 s at most while the address is away", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");
    server.isAway = true;
    server.nowMs += 10 * MINUTE_MS;

    for (let count = 0; count < 60; count += 1) {
      await expect(has(server.keys, "first")).resolves.toBe(true);
      server.nowMs += 1000;
    }
    expect(server.asked).toBe(3);
  });

  test("of which none was ever had decide nothing, and are there as soon as the address is back", async () => {
    const server = createKeyServer(first);
    server.isAway = true;
    await expect(has(server.keys, "first")).resolves.toBe("undecided");

    server.isAway = false;
    server.nowMs += 5000;
    await expect(has(server.keys, "first")).resolves.toBe(true);
  });

  test("an unknown key is not decided while the address is away", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");
    server.isAway = true;

    await expect(has(server.keys, "second")).resolves.toBe("undecided");
    await expect(has(server.keys, "first")).resolves.toBe(true);
  });

  test("never mix with those of another address that have the same kid", async () => {
    const impostor = await signingKey("first", "ES256");
    const [ours, theirs] = [createKeyServer(first), createKeyServer(impostor)];
    const hint = { alg: "ES256", kid: "first" };

    const [[our], [their]] = [await ours.keys.candidates(hint), await theirs.keys.candidates(hint)];
    expect(our).not.toBe(their);
    await expect(ours.keys.candidates(hint)).resolves.toEqual([our]);
  });

  test("fit no other algorithm than theirs", async () => {
    const { keys } = createKeyServer(first);

    await expect(keys.candidates({ alg: "RS256", kid: "first" })).resolves.toEqual([]);
  });
});
