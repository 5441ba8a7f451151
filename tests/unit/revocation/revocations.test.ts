import { createWorld, MAX_TTL_S, revoking, tokenOf } from "./support/world.js";

const SECOND = 1000;

describe("a revocation", () => {
  test("holds at once where it was made, and on others as soon as they are told", async () => {
    const world = createWorld();
    const [one, other] = [await world.start(), await world.start()];
    const ann = tokenOf("ann", world.nowS());

    await one.revoke(revoking("user:ann"));
    await world.time.advance(0.2 * SECOND);

    expect([one, other].map(({ refusal }) => refusal(ann))).toEqual(["token_revoked", "token_revoked"]);
    expect(one.refusal(tokenOf("bob", world.nowS()))).toBeUndefined();
    expect(one.told).toEqual(["revoked"]);
  });

  test("holds within 6 s on others that cannot be told", async () => {
    const world = createWorld();
    const [one, other] = [await world.start(), await world.start()];
    world.isBusUp = false;
    await world.time.advance(2.5 * SECOND);
    const { effectiveAtMs } = await one.revoke(revoking("user:ann"));
    const ann = tokenOf("ann", world.nowS());
    expect(other.refusal(ann)).toBeUndefined();

    await world.time.advance(effectiveAtMs - world.database.nowMs());

    expect(other.refusal(ann)).toBe("token_revoked");
  });

  test("holds from the first moment of a worker that starts later", async () => {
    const world = createWorld();
    await (await world.start()).revoke(revoking("user:ann", "token:t9"));

    const later = await world.start();

    expect(later.refusal(tokenOf("ann", world.nowS()))).toBe("token_revoked");
    expect(later.refusal(tokenOf("bob", world.nowS(), "t9"))).toBe("token_revoked");
  });

  test("takes the tokens of its own second, and leaves those of the next one", async () => {
    const world = createWorld();
    const worker = await world.start();
    await world.time.advance(10.9 * SECOND);
    const nowS = world.nowS();

    const { issuedBeforeS } = await worker.revoke(revoking("user:ann"));
    await world.time.advance(SECOND);

    expect(issuedBeforeS).toBe(nowS + 1);
    expect(worker.refusal(tokenOf("ann", nowS))).toBe("token_revoked");
    expect(worker.refusal(tokenOf("ann", nowS + 1))).toBeUndefined();
  });

  test("takes those before the second that it names, which is at most 300 s ahead", async () => {
    const world = createWorld();
    const worker = await world.start();
    const at = (issuedBeforeS: number) => ({ ...revoking("user:ann"), issuedBeforeS });

    await expect(worker.revoke(at(world.nowS() + 301))).rejects.toMatchObject({ code: "invalid" });
    await expect(worker.revoke(at(Date.now()))).rejects.toMatchObject({ code: "invalid" });
    await worker.revoke(at(world.nowS() - 100));
    await world.time.advance(SECOND);

    expect(world.database.records.size).toBe(1);
    expect(worker.refusal(tokenOf("ann", world.nowS() - 102))).toBe("token_revoked");
    expect(worker.refusal(tokenOf("ann", world.nowS() - 100))).toBeUndefined();
  });

  test("is kept for as long as any token that it is about, and then forgotten by the store and by workers", async () => {
    const world = createWorld();
    const worker = await world.start();
    const ann = tokenOf("ann", world.nowS());
    await worker.revoke(revoking("user:ann"));

    await world.time.advance((MAX_TTL_S + 50) * SECOND);
    expect(worker.refusal(ann)).toBe("token_revoked");
    await world.time.advance(13 * 60 * SECOND);

    expect(worker.size()).toBe(0);
    expect(world.database.records.size).toBe(0);
  });

  test("that would be one too many is refused, and one of a known target is not", async () => {
    const world = createWorld();
    const worker = await world.start({ targets: 2 });
    await worker.revoke(revoking("user:ann", "user:bob"));

    await expect(worker.revoke(revoking("user:eve"))).rejects.toMatchObject({
      code: "temporary",
      message: expect.stringContaining("2 revocations"),
    });
    await worker.revoke(revoking("user:ann"));

    expect(world.database.records.size).toBe(2);
  });

  test("is known on a store that counts anew, as after a restore, also where it lost it", async () => {
    const world = createWorld();
    const worker = await world.start();
    for (const user of ["ann", "bob", "eve"] as const) await worker.revoke(revoking(`user:${user}`));
    await world.time.advance(60 * SECOND);
    world.database.records.clear();
    world.database.top = 0;
    world.database.epoch = "second";

    const other = await world.start();
    await other.revoke(revoking("user:zoe"));
    await world.time.advance(6 * SECOND);

    expect(worker.refusal(tokenOf("zoe", 1))).toBe("token_revoked");
    expect(worker.refusal(tokenOf("ann", 1))).toBe("token_revoked");
  });

  test("costs one look for hundreds that come together", async () => {
    const world = createWorld();
    const [one, other] = [await world.start(), await world.start()];
    await world.time.advance(SECOND);
    const before = other.store.reads.length;

    await Promise.all(
      Array.from({ length: 300 }, (_, index) => one.revoke(revoking(`user:u${index}`, `token:t${index}`))),
    );
    await world.time.advance(SECOND);

    expect(other.size()).toBe(600);
    expect(other.store.reads.length - before).toBeLessThanOrEqual(2);
  });
});

describe("a write that is seen after others with higher numbers", () => {
  test.each([1, 9, 19])("is not missed when it takes %i s", async (lateS) => {
    const world = createWorld();
    const [slow, quick, reader] = [await world.start(), await world.start(), await world.start()];
    world.isBusUp = false;
    await world.time.advance(100 * SECOND);
    const held = slow.store.holdWrite();
    const late = slow.revoke(revoking("user:late"));
    await world.time.advance(0);
    for (let index = 0; index < 50; index += 1) {
      await quick.revoke(revoking(`user:u${index}`));
      await world.time.advance((lateS / 50) * SECOND);
    }
    expect(reader.refusal(tokenOf("late", 1))).toBeUndefined();

    held.resolve();
    await late;
    await world.time.advance(6 * SECOND);

    expect(reader.refusal(tokenOf("late", 1))).toBe("token_revoked");
  });

  test("does not make readers read all again and again", async () => {
    const world = createWorld();
    const worker = await world.start();
    await worker.revoke(revoking("user:ann"));

    await world.time.advance(60 * SECOND);

    expect(worker.store.reads.at(-1)).toBe(1);
    expect(worker.store.reads[0]).toBe(0);
  });
});

describe("a store that is away", () => {
  test("lets people in for 60 s, then nobody new, and everybody again once it answers", async () => {
    const world = createWorld();
    const worker = await world.start();
    const ann = tokenOf("ann", world.nowS());
    worker.store.link = "away";

    await world.time.advance(55 * SECOND);
    expect(worker.refusal(ann)).toBeUndefined();
    await world.time.advance(6 * SECOND);
    expect(worker.refusal(ann)).toBe("temporary");
    // Who is in stays.
    expect(worker.verdictOf(ann)).toBe("valid");
    worker.store.link = "up";
    await world.time.advance(2 * SECOND);

    expect(worker.refusal(ann)).toBeUndefined();
    expect(worker.told).toEqual(["failed", "stale", "over"]);
  });

  test("does not let in who is known to be revoked, however old the list is", async () => {
    const world = createWorld();
    const worker = await world.start();
    await worker.revoke(revoking("user:ann"));
    await world.time.advance(SECOND);
    worker.store.link = "hangs";

    await world.time.advance(120 * SECOND);

    expect(worker.refusal(tokenOf("ann", 1))).toBe("token_revoked");
    expect(worker.refusal(tokenOf("bob", 1))).toBe("temporary");
    expect(worker.ageMs()).toBeGreaterThan(100 * SECOND);
  });

  test("does not lock out who has no token", async () => {
    const world = createWorld();
    const worker = await world.start();
    worker.store.link = "away";
    await world.time.advance(120 * SECOND);

    expect(worker.refusal({ kind: "key", user: undefined, may: () => true, key: "cron" })).toBeUndefined();
  });

  test("keeps what was not written from being acknowledged", async () => {
    const world = createWorld();
    const worker = await world.start();
    worker.store.link = "away";

    await expect(worker.revoke(revoking("user:ann"))).rejects.toThrow("the store is away");
  });
});
