import { eventually } from "../../support/wait.js";
import { createBookshelf } from "./support/bookshelf.js";
import { kept, openOutbox, outcomeOf, turns } from "./support/outbox.js";

const HOUR_MS = 3_600_000;

/** The clock of the device, which people and time servers set. */
function setClock(shiftMs: number): void {
  const now = Date.now();
  const since = performance.now();
  jest.spyOn(Date, "now").mockImplementation(() => now + shiftMs + performance.now() - since);
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe("a message that is not confirmed in time", () => {
  test("rejects, is told, stays listed and is not sent again", async () => {
    const shelf = createBookshelf();
    const { outbox, server, states, outcomes } = await openOutbox(shelf, { expiryMs: 50 });
    await expect(outcomeOf(outbox.publish("r", "a"))).resolves.toBe("expired");
    await server.last("publish").lose();
    await server.resume();
    await turns();

    expect(states()).toEqual(["a expired"]);
    expect(outbox.pending()[0]?.error).toMatchObject({ code: "expired" });
    expect(outcomes).toEqual(["expired a"]);
    expect(server.requests).toHaveLength(1);
    expect(shelf.kept()).toMatchObject([{ state: "expired" }]);
  });

  test("rejects also while it is not known yet whom the outbox is for", async () => {
    const { outbox, outcomes } = await openOutbox(createBookshelf(), { expiryMs: 50 }, null);

    await expect(outcomeOf(outbox.publish("r", "a"))).resolves.toBe("expired");
    expect(outcomes).toEqual(["expired a"]);
  });

  test("is told by the next client when nobody was there, which does not send it", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("old", 1, { at: Date.now() - HOUR_MS }));
    shelf.put(kept("young", 2, { at: Date.now() - 1000 }));

    const { outcomes, states, allSent } = await openOutbox(shelf, { expiryMs: HOUR_MS });

    expect(outcomes).toEqual(["expired old"]);
    expect(states()).toEqual(["old expired", "young waiting"]);
    expect(allSent()).toEqual([["young"]]);
  });

  test("stays listed over any number of restarts, and is told once", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("old", 1, { at: Date.now() - HOUR_MS }));
    const first = await openOutbox(shelf, { expiryMs: HOUR_MS });
    await first.outbox.close();

    const second = await openOutbox(shelf, { expiryMs: HOUR_MS });

    expect(first.outcomes).toEqual(["expired old"]);
    expect(second.outcomes).toEqual([]);
    expect(second.states()).toEqual(["old expired"]);
  });

  test("goes out under its id, and behind all others, when the application wants it", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("old", 1, { at: Date.now() - HOUR_MS }));
    const { outbox, server, states, confirm } = await openOutbox(shelf, { expiryMs: HOUR_MS });
    void outbox.publish("r", "new");

    const stored = outbox.resend("old");
    expect(states()).toEqual(["new waiting", "old waiting"]);
    await confirm(1);
    expect(server.last("publish").payload).toMatchObject({ messages: [{ id: "old" }] });
    await confirm(2);

    await expect(stored).resolves.toEqual({ seq: 2, id: "old" });
    expect(shelf.bodies()).toEqual([]);
  });

  test("is gone when the application discards it", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("old", 1, { at: Date.now() - HOUR_MS }));
    const { outbox, states } = await openOutbox(shelf, { expiryMs: HOUR_MS });

    outbox.discard("old");
    await turns();

    expect(states()).toEqual([]);
    expect(shelf.bodies()).toEqual([]);
  });

  test("is resolved when it is read in its room after all", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("old", 1, { at: Date.now() - HOUR_MS }));
    const { outbox, outcomes, states } = await openOutbox(shelf, { expiryMs: HOUR_MS });

    outbox.confirm("r", "old", 5);

    expect(outcomes).toEqual(["expired old", "stored old"]);
    expect(states()).toEqual([]);
  });

  test("expires although the clock was set back after it was published", async () => {
    const { outbox } = await openOutbox(createBookshelf(), { expiryMs: 50 });
    const outcome = outcomeOf(outbox.publish("r", "a"));

    setClock(-HOUR_MS);

    await expect(outcome).resolves.toBe("expired");
  });

  test("is shown and not lost when the clock is set forward", async () => {
    const { outbox, states } = await openOutbox(createBookshelf(), { expiryMs: HOUR_MS });
    const outcome = outcomeOf(outbox.publish("r", "a"));

    setClock(2 * HOUR_MS);
    outbox.expire(); // as before each connection

    await expect(outcome).resolves.toBe("expired");
    expect(states()).toEqual(["a expired"]);
  });

  test("begins to wait anew when it is from the future, as the clock was set back while nobody was there", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1, { at: Date.now() + 1000 * HOUR_MS }));

    const { outcomes } = await openOutbox(shelf, { expiryMs: 100 });

    await eventually(() => expect(outcomes).toEqual(["expired a"]));
  });

  test("does not change the order of those after it, whatever the clock did", async () => {
    const shelf = createBookshelf();
    const first = await openOutbox(shelf);
    void outcomeOf(first.outbox.publish("r", "a"));
    await turns();
    setClock(-HOUR_MS);
    void outcomeOf(first.outbox.publish("r", "b"));
    await first.outbox.close();

    const second = await openOutbox(shelf);

    expect(second.states()).toEqual(["a waiting", "b waiting"]);
  });
});
