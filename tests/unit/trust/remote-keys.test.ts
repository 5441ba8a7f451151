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

  const heard = new Set<(text: string, ageMs: number) => void>();
  const told: [text: string, ageMs: number][] = [];
  const keys = createRemoteKeys({
    ...{ url: "http://keys.example/", download, nowMs: () => state.nowMs, log },
    share: {
      tell: (...set) => void told.push(set),
      hear(take) {
        heard.add(take);
        return () => void heard.delete(take);
      },
    },
  });
  /** As another worker tells of its set. */
  async function hear(ageMs: number, ...published: readonly SigningKey[]): Promise<void> {
    const text = JSON.stringify(await keySetOf(...published));
    for (const take of heard) take(text, ageMs);
  }
  return Object.assign(state, { keys, told, hear });
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

  test("are asked for five times at once and then every 10 s, however many unknown keys come", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");

    for (let count = 0; count < 5; count += 1)
      await expect(has(server.keys, `forged-${count}`)).resolves.toBe(false);
    expect(server.asked).toBe(6);
    server.nowMs += 9999;
    for (let count = 0; count < 50; count += 1)
      await expect(has(server.keys, `more-${count}`)).resolves.toBe("undecided");
    expect(server.asked).toBe(6);
  });

  test("are found within 10 s when they are new, by whoever asks, while somebody makes up names without end", async () => {
    const server = createKeyServer(first);
    await has(server.keys, "first");
    for (let count = 0; count < 5; count += 1) await has(server.keys, `forged-${count}`);
    server.published = [first, second];
    await expect(has(server.keys, "second")).resolves.toBe("undecided");

    server.nowMs += 10_000;
    await expect(has(server.keys, "made-up")).resolves.toBe(false);
    await expect(has(server.keys, "second")).resolves.toBe(true);
    expect(server.asked).toBe(7);
    server.nowMs += HOUR_MS / 2;
    for (let second = 0; second < 600; second += 1) {
      server.nowMs += 1000;
      await has(server.keys, `later-${second}`);
    }
    expect(server.asked).toBeLessThanOrEqual(7 + 5 + 60 + 1);
  });

  test("that are not known now tell after how many whole milliseconds to come back", async () => {
    const server = createKeyServer(first);
    for (let count = 0; count < 6; count += 1) await has(server.keys, `forged-${count}`);
    server.nowMs += 0.7;

    await expect(server.keys.candidates({ alg: "ES256", kid: "other" })).rejects.toMatchObject({
      retryAfterMs: 10_000,
    });
  });

  test("that another worker has got serve one that cannot get any, as long as its own would", async () => {
    const server = createKeyServer();
    server.isAway = true;
    await server.keys.start();
    await expect(has(server.keys, "first")).resolves.toBe("undecided");

    await server.hear(HOUR_MS, first);
    await expect(has(server.keys, "first")).resolves.toBe(true);
    await expect(has(server.keys, "second")).resolves.toBe("undecided");
    await server.hear(2 * HOUR_MS, second); // older
    await expect(has(server.keys, "first")).resolves.toBe(true);
    server.nowMs += 23 * HOUR_MS;
    await expect(has(server.keys, "first")).resolves.toBe("undecided");
    expect(server.told).toEqual([]);
    await server.keys.stop();
  });

  test("are told to the other workers, and not asked for while others have them fresh", async () => {
    const server = createKeyServer(first);
    await server.keys.start();
    await has(server.keys, "first");
    expect(server.told).toEqual([[JSON.stringify(await keySetOf(first)), 0]]);

    server.nowMs += 10 * MINUTE_MS;
    await server.hear(1000, first, second);
    await expect(has(server.keys, "second")).resolves.toBe(true);
    expect(server.asked).toBe(1);
    await server.keys.stop();
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
