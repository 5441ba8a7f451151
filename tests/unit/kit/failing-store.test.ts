import { createBookshelf } from "./support/bookshelf.js";
import { kept, openOutbox, outcomeOf, turns } from "./support/outbox.js";

const full = new Error("QuotaExceededError");

describe("an outbox whose store fails", () => {
  test("publishes all the same, and says that nothing outlives the program, and why", async () => {
    const shelf = createBookshelf();
    shelf.fail(full);
    const { outbox, writer, confirm } = await openOutbox(shelf);
    const stored = outbox.publish("r", "a");

    expect([writer.state(), writer.problem()]).toEqual(["memory", full]);
    await confirm(1);

    await expect(stored).resolves.toMatchObject({ seq: 1 });
  });

  test("resolves a message that went out and could not be kept", async () => {
    const shelf = createBookshelf();
    const { outbox, writer, confirm } = await openOutbox(shelf);
    const states: string[] = [];
    writer.onState((state, problem) => states.push(`${state}: ${problem?.message ?? ""}`));
    shelf.fail(full);
    const stored = outbox.publish("r", "a");
    await turns();

    await confirm(1);

    await expect(stored).resolves.toMatchObject({ seq: 1 });
    expect(states).toEqual(["memory: QuotaExceededError"]);
  });

  test("keeps all that is pending once there is place again", async () => {
    const shelf = createBookshelf();
    const { outbox, writer } = await openOutbox(shelf);
    shelf.fail(full);
    for (const body of ["a", "b"]) void outcomeOf(outbox.publish("r", body));
    await turns();
    expect(shelf.bodies()).toEqual([]);

    shelf.fail(undefined);
    void outcomeOf(outbox.publish("r", "c"));
    await turns();

    expect(shelf.bodies()).toEqual(["a", "b", "c"]);
    expect([writer.state(), writer.problem()]).toEqual(["kept", undefined]);
  });

  test("removes what was confirmed meanwhile once it can, and does not write it again", async () => {
    const shelf = createBookshelf();
    shelf.put(kept("a", 1));
    const { outbox, confirm } = await openOutbox(shelf);
    shelf.fail(full);
    await confirm(1);
    expect(shelf.bodies()).toEqual(["a"]);

    shelf.fail(undefined);
    void outcomeOf(outbox.publish("r", "b"));
    await turns();

    expect(shelf.bodies()).toEqual(["b"]);
  });

  test("throws nothing into the application when it fails with something that is no error", async () => {
    const shelf = createBookshelf();
    const { outbox, writer } = await openOutbox(shelf);
    shelf.fail("a text" as unknown as Error);
    void outcomeOf(outbox.publish("r", "a"));
    await turns();

    expect(writer.problem()).toMatchObject({ message: "The store has failed", cause: "a text" });
  });
});
