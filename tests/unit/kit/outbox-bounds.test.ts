import { createBookshelf } from "./support/bookshelf.js";
import { kept, openOutbox, outcomeOf, turns } from "./support/outbox.js";

describe("the bounds of an outbox", () => {
  test("a message more than there may be is refused, and not kept", async () => {
    const shelf = createBookshelf();
    const { outbox, states } = await openOutbox(shelf, { maxMessages: 2 });
    for (const body of ["a", "b"]) void outcomeOf(outbox.publish("r", body));

    await expect(outcomeOf(outbox.publish("other", "c"))).resolves.toBe("outbox_full");
    await turns();

    expect(states()).toEqual(["a waiting", "b waiting"]);
    expect(shelf.bodies()).toEqual(["a", "b"]);
  });

  test("bytes are counted as JSON, and there is place again once a message is confirmed", async () => {
    const { outbox, confirm } = await openOutbox(createBookshelf(), { maxBytes: 10 });
    void outcomeOf(outbox.publish("r", "éé")); // 6 bytes
    await expect(outcomeOf(outbox.publish("r", "abc"))).resolves.toBe("outbox_full");

    await confirm(1);
    const next = outcomeOf(outbox.publish("r", "abcdefgh"));
    await confirm(2);

    await expect(next).resolves.toBe(2);
  });

  test("those that have failed give way, the oldest first, and those that have expired do not", async () => {
    const shelf = createBookshelf();
    const expired = { state: "expired", error: { code: "expired", message: "late" } } as const;
    const failed = { state: "failed", error: { code: "forbidden", message: "no" } } as const;
    shelf.put(kept("e", 1, expired));
    for (const [index, id] of ["f", "g"].entries()) shelf.put(kept(id, index + 2, failed));
    const { outbox, states } = await openOutbox(shelf, { maxMessages: 3 });

    void outcomeOf(outbox.publish("r", "a"));
    expect(states()).toEqual(["e expired", "g failed", "a waiting"]);
    void outcomeOf(outbox.publish("r", "b"));
    await expect(outcomeOf(outbox.publish("r", "c"))).resolves.toBe("outbox_full");
    await turns();

    expect(states()).toEqual(["e expired", "a waiting", "b waiting"]);
    expect(shelf.bodies()).toEqual(["e", "a", "b"]);
  });

  test("those that have failed stay when there is no place even without them", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("f", 1, { state: "failed", error: { code: "forbidden", message: "no" } }));
    const { outbox, states } = await openOutbox(shelf, { maxBytes: 10 });

    await expect(outcomeOf(outbox.publish("r", "much too large"))).resolves.toBe("outbox_full");

    expect(states()).toEqual(["f failed"]);
  });

  test("what is no JSON is refused, and not kept", async () => {
    const { outbox } = await openOutbox(createBookshelf());

    await expect(outcomeOf(outbox.publish("r", 1n as unknown as number))).resolves.toBe("invalid");
    expect(outbox.pending()).toEqual([]);
  });
});

describe("a message that is refused for good", () => {
  test("rejects and stays listed with the reason, over restarts, and those behind it go on", async () => {
    const shelf = createBookshelf();
    const first = await openOutbox(shelf);
    const bad = outcomeOf(first.outbox.publish("r", "bad"));
    const good = outcomeOf(first.outbox.publish("r", "good"));
    await first.server.last("publish").refuse("forbidden", false);
    await turns();
    await first.confirm(1);

    await expect(bad).resolves.toBe("forbidden");
    await expect(good).resolves.toBe(1);
    expect(first.states()).toEqual(["bad failed"]);
    expect(first.outcomes).toEqual(["failed bad", "stored good"]);
    await first.outbox.close();

    const second = await openOutbox(shelf);
    expect(second.outbox.pending()).toMatchObject([{ state: "failed", error: { code: "forbidden" } }]);
    expect(second.server.requests).toEqual([]);
  });
});

describe("a publish under an id that is taken", () => {
  test("by a message of another room is refused, also where that was still unknown", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const open = shelf.holdOpening();
    const { outbox, states } = await openOutbox(shelf);
    const early = outcomeOf(outbox.publish("other", "b", "a"));
    open();
    await turns();

    await expect(early).resolves.toBe("invalid");
    await expect(outcomeOf(outbox.publish("other", "b", "a"))).resolves.toBe("invalid");
    expect([states("r"), states("other")]).toEqual([["a waiting"], []]);
  });

  test("by one that has failed takes its place", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1, { state: "failed", error: { code: "invalid", message: "no" } }));
    const { outbox, states, sent, confirm } = await openOutbox(shelf, { maxMessages: 1 });

    const better = outcomeOf(outbox.publish("r", "better", "a"));
    await turns();
    expect([states(), sent(), shelf.bodies()]).toEqual([["better waiting"], ["better"], ["better"]]);
    await confirm(1);

    await expect(better).resolves.toBe(1);
    expect(shelf.bodies()).toEqual([]);
  });
});

describe("a message that is discarded", () => {
  test("is not sent when it was not yet, and rejects", async () => {
    const shelf = createBookshelf();
    const { outbox, server, outcomes, sent } = await openOutbox(shelf);
    await server.connection(false);
    const [a, b] = ["a", "b"].map((id) => outcomeOf(outbox.publish("r", id, id)));

    outbox.discard("a");
    await server.connection(true);

    await expect(a).resolves.toBe("discarded");
    expect(sent()).toEqual(["b"]);
    expect(outcomes).toEqual(["discarded a"]);
    await server.last("publish").ok({ seqs: [1] });
    await expect(b).resolves.toBe(1);
    expect(shelf.bodies()).toEqual([]);
  });

  test("is not sent again when its answer was lost", async () => {
    const { outbox, server } = await openOutbox(createBookshelf());
    const outcome = outcomeOf(outbox.publish("r", "a", "a"));

    outbox.discard("a");
    await server.last("publish").lose();
    await server.resume();

    await expect(outcome).resolves.toBe("discarded");
    expect(server.requests).toHaveLength(1);
  });

  test("one that is not there is nothing, and cannot be sent again", async () => {
    const { outbox, outcomes } = await openOutbox(createBookshelf());

    outbox.discard("none");

    expect(outcomes).toEqual([]);
    await expect(outcomeOf(outbox.resend("none"))).resolves.toBe("not_found");
  });
});
