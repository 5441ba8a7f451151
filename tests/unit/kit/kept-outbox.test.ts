import { createBookshelf } from "./support/bookshelf.js";
import { kept, openOutbox, outcomeOf, turns } from "./support/outbox.js";

describe("an outbox with a store", () => {
  test("keeps a message until it is confirmed, and no longer", async () => {
    const shelf = createBookshelf();
    const { outbox, confirm, outcomes } = await openOutbox(shelf);
    const stored = outbox.publish("r", "a");
    await turns();
    expect(shelf.bodies()).toEqual(["a"]);

    await confirm(7);

    await expect(stored).resolves.toEqual({ seq: 7, id: expect.any(String) });
    expect(shelf.bodies()).toEqual([]);
    expect(outbox.pending()).toEqual([]);
    expect(outcomes).toEqual(["stored a"]);
  });

  test("sends what an earlier client has left before what is new, in order and under its ids", async () => {
    const shelf = createBookshelf();
    for (const one of [kept("b", 2), kept("a", 1)]) shelf.put(one);
    const { outbox, server, states, allSent, confirm } = await openOutbox(shelf);
    void outbox.publish("r", "c");
    expect(states()).toEqual(["a waiting", "b waiting", "c waiting"]);

    await confirm(1);
    await confirm(2, 3);

    expect(allSent()).toEqual([["a"], ["b", "c"]]);
    expect(server.requests[0]?.payload).toMatchObject({ messages: [{ id: "a" }] });
    expect(shelf.bodies()).toEqual([]);
  });

  test("sends what was left before what was published while the store opened", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const open = shelf.holdOpening();
    const { outbox, server, states, confirm, allSent } = await openOutbox(shelf);
    const stored = outcomeOf(outbox.publish("r", "b"));
    expect(states()).toEqual(["b waiting"]);
    expect(server.requests).toEqual([]);

    open();
    await turns();
    expect(states()).toEqual(["a waiting", "b waiting"]);
    expect(shelf.bodies()).toEqual(["a", "b"]);
    await confirm(1);
    await confirm(2);

    expect(allSent()).toEqual([["a"], ["b"]]);
    await expect(stored).resolves.toBe(2);
  });

  test("sends a message again under its id when the program ended before its confirmation was written", async () => {
    const shelf = createBookshelf();
    const first = await openOutbox(shelf);
    void first.outbox.publish("r", "a");
    await turns();
    const [before] = shelf.kept();
    if (before === undefined) throw new Error("nothing is kept");
    await first.confirm(1);
    shelf.put(before); // as if the removal had been lost

    const second = await openOutbox(shelf);

    expect(second.server.last("publish").payload).toMatchObject({ messages: [{ id: before.id, body: "a" }] });
    await second.confirm(1);
    expect(second.outcomes).toEqual(["stored a"]);
    expect(shelf.bodies()).toEqual([]);
  });

  test("tells the outcome of what an earlier client has left", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1, { at: Date.parse("2026-01-02T03:04:05Z") }));
    const { confirm, told } = await openOutbox(shelf);

    await confirm(4);

    expect(told).toEqual([
      { id: "a", room: "r", body: "a", at: "2026-01-02T03:04:05.000Z", outcome: "stored", seq: 4 },
    ]);
  });

  test("takes a publish under the id of a pending message for that one", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const { outbox, allSent, confirm } = await openOutbox(shelf);
    const again = outbox.publish("r", "a", "a");

    await confirm(3);

    await expect(again).resolves.toEqual({ seq: 3, id: "a" });
    expect(allSent()).toEqual([["a"]]);
  });

  test("does the same where that one was still unknown at the publish", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const open = shelf.holdOpening();
    const { outbox, allSent, states, confirm } = await openOutbox(shelf);
    const again = outbox.publish("r", "a", "a");
    open();
    await turns();
    expect(states()).toEqual(["a waiting"]);

    await confirm(3);

    await expect(again).resolves.toEqual({ seq: 3, id: "a" });
    expect(allSent()).toEqual([["a"]]);
  });

  test("writes what is published in one turn at once", async () => {
    const shelf = createBookshelf();
    const { outbox } = await openOutbox(shelf);

    for (let n = 0; n < 100; n += 1) void outcomeOf(outbox.publish("r", n));
    await turns();

    expect(shelf.bodies()).toHaveLength(100);
    expect(shelf.writes).toBeLessThanOrEqual(2);
  });

  test("says when all is in the store, also what was published while that opened", async () => {
    const shelf = createBookshelf();
    const open = shelf.holdOpening();
    const { outbox } = await openOutbox(shelf);
    void outcomeOf(outbox.publish("r", "a"));
    const written = outbox.written().then(() => shelf.bodies());
    open();

    await expect(written).resolves.toEqual(["a"]);
    void outcomeOf(outbox.publish("r", "b"));
    await outbox.written();
    expect(shelf.bodies()).toEqual(["a", "b"]);
  });

  test("says so only once it is known whom it is for, or when it is closed", async () => {
    const shelf = createBookshelf();
    const [known, unknown] = [await openOutbox(shelf, {}, null), await openOutbox(shelf, {}, null)];
    void outcomeOf(known.outbox.publish("r", "a"));
    const written = known.outbox.written().then(() => shelf.bodies());
    await turns();
    known.outbox.open("ann");

    await expect(written).resolves.toEqual(["a"]);
    await unknown.outbox.close();
    await expect(unknown.outbox.written()).resolves.toBeUndefined();
  });

  test("takes what another client has left that went meanwhile", async () => {
    const shelf = createBookshelf();
    const { outbox, states, confirm, allSent } = await openOutbox(shelf);
    void outbox.publish("r", "own");
    shelf.leave(kept("x", 1), kept("y", 2));

    await outbox.takeOver();
    expect(states()).toEqual(["own waiting", "x waiting", "y waiting"]);
    await confirm(1);
    await confirm(2, 3);

    expect(allSent()).toEqual([["own"], ["x", "y"]]);
    expect(shelf.bodies()).toEqual([]);
  });

  test("resolves a message that was read in its room, and does not send it again", async () => {
    const shelf = createBookshelf();
    const { outbox, server, outcomes } = await openOutbox(shelf);
    const stored = outbox.publish("r", "a", "a");

    outbox.confirm("elsewhere", "a", 8);
    outbox.confirm("r", "a", 9);
    await server.last("publish").lose();
    await server.resume();

    await expect(stored).resolves.toEqual({ seq: 9, id: "a" });
    expect(server.requests).toHaveLength(1);
    expect(outcomes).toEqual(["stored a"]);
  });

  test("a list of what is pending is the same until something in it changes", async () => {
    const { outbox } = await openOutbox(createBookshelf());
    void outcomeOf(outbox.publish("r", "a"));
    const [list, other] = [outbox.pending("r"), outbox.pending("other")];
    const rooms: string[] = [];
    outbox.onChange((room) => rooms.push(room));

    expect(outbox.pending("r")).toBe(list);
    void outcomeOf(outbox.publish("r", "b"));

    expect(outbox.pending("r")).not.toBe(list);
    expect(outbox.pending("other")).toBe(other);
    expect(new Set(rooms)).toEqual(new Set(["r"]));
  });

  test("a closed one rejects what is open, and keeps all of it, also what came while the store opened", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const open = shelf.holdOpening();
    const { outbox, server } = await openOutbox(shelf);
    const early = outcomeOf(outbox.publish("r", "b"));
    const closing = outbox.close();
    open();
    await closing;

    await expect(early).resolves.toBe("closed");
    await expect(outcomeOf(outbox.publish("r", "c"))).resolves.toBe("closed");
    expect(shelf.bodies()).toEqual(["a", "b"]);
    expect(server.requests).toEqual([]);
  });
});
