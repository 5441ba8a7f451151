import { RoomUnavailable } from "../../../src/engine/rooms/ports.js";
import { createClientGate } from "../../../src/engine/rooms/read/client-gate.js";
import { deferred } from "../../support/wait.js";

function world() {
  const gate = createClientGate(2);
  const begun: string[] = [];
  /** A task that says when it begins, and ends when it is told to. */
  function ask(client: string | undefined, name: string) {
    const end = deferred();
    const result = gate.run(client, async () => {
      begun.push(name);
      await end.promise;
      return name;
    });
    return { end, result };
  }
  return { begun, ask };
}

test("a client has so many tasks under way, the next ones begin in order, and another client is not waited for", async () => {
  const { begun, ask } = world();
  const [first, second, third, fourth] = ["a1", "a2", "a3", "a4"].map((name) => ask("ann", name));
  const other = ask("ben", "b1");
  expect(begun).toEqual(["a1", "a2", "b1"]);

  second?.end.resolve();
  await expect(second?.result).resolves.toBe("a2");
  await Promise.resolve();
  expect(begun).toEqual(["a1", "a2", "b1", "a3"]);
  first?.end.resolve();
  await first?.result;
  for (const one of [third, fourth, other]) one?.end.resolve();
  await Promise.all([third, fourth, other].map((one) => one?.result));
  expect(begun).toEqual(["a1", "a2", "b1", "a3", "a4"]);
});

test("a task that fails makes room for the next one", async () => {
  const { begun, ask } = world();
  const tasks = ["a1", "a2", "a3"].map((name) => ask("ann", name));
  tasks[0]?.end.reject(new Error("broken"));

  await expect(tasks[0]?.result).rejects.toThrow("broken");
  for (const { end } of tasks.slice(1)) end.resolve();
  await expect(Promise.all(tasks.slice(1).map(({ result }) => result))).resolves.toEqual(["a2", "a3"]);
  expect(begun).toEqual(["a1", "a2", "a3"]);
});

test("a task that is refused for too much of something makes room for the next one", async () => {
  const { begun, ask } = world();
  const tasks = ["a1", "a2", "a3"].map((name) => ask("ann", name));
  tasks[0]?.end.reject(new RoomUnavailable("overloaded"));

  await expect(tasks[0]?.result).rejects.toMatchObject({ reason: "overloaded" });
  for (const { end } of tasks.slice(1)) end.resolve();
  await expect(Promise.all(tasks.slice(1).map(({ result }) => result))).resolves.toEqual(["a2", "a3"]);
  expect(begun).toEqual(["a1", "a2", "a3"]);
});

test("what waits behind a store that cannot be read fails with it, and the next one begins at once", async () => {
  const { begun, ask } = world();
  const tasks = ["a1", "a2", "a3", "a4"].map((name) => ask("ann", name));
  const failure = new RoomUnavailable("unreadable");
  tasks[0]?.end.reject(failure);

  for (const index of [0, 2, 3]) await expect(tasks[index]?.result).rejects.toBe(failure);
  const next = ask("ann", "a5");
  expect(begun).toEqual(["a1", "a2", "a5"]);
  for (const one of [tasks[1], next]) one?.end.resolve();
  await expect(Promise.all([tasks[1]?.result, next.result])).resolves.toEqual(["a2", "a5"]);
});

test("whoever asks for no client begins at once", () => {
  const { begun, ask } = world();
  for (const name of ["x", "y", "z"]) void ask(undefined, name);

  expect(begun).toEqual(["x", "y", "z"]);
});
