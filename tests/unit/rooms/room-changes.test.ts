import { setImmediate as nextTurn } from "node:timers/promises";
import { createRoomChanges } from "../../../src/engine/rooms/read/room-changes.js";

const NEVER = new AbortController().signal;

/** So many readers of a room, and how many of them have been woken. */
function readers(changes: ReturnType<typeof createRoomChanges>, room: string, count: number): () => number {
  let woken = 0;
  for (let index = 0; index < count; index += 1) {
    void changes.next(room, NEVER).then(() => {
      woken += 1;
    });
  }
  return () => woken;
}

test("a change wakes all readers of the room, once, and nobody else", async () => {
  const changes = createRoomChanges();
  const [here, elsewhere] = [readers(changes, "here", 3), readers(changes, "elsewhere", 1)];
  changes.changed("here");
  await nextTurn();
  expect([here(), elsewhere()]).toEqual([3, 0]);
  changes.changed("here");
  await nextTurn();
  expect(here()).toBe(3);
});

test("many readers are woken some at a time, so that others get on in between, and a change meanwhile misses nobody", async () => {
  const changes = createRoomChanges();
  const woken = readers(changes, "hot", 1000);
  changes.changed("hot");
  await nextTurn();
  expect(woken()).toBeGreaterThan(0);
  expect(woken()).toBeLessThan(200);
  const late = readers(changes, "hot", 1);
  changes.changed("hot");
  for (let turns = 0; turns < 1000 && woken() < 1000; turns += 1) await nextTurn();
  expect([woken(), late()]).toEqual([1000, 1]);
});

test("a reader that is given up wakes at once, and leaves nothing", async () => {
  const changes = createRoomChanges();
  const ending = new AbortController();
  const next = changes.next("here", ending.signal);
  ending.abort();
  await next;
  await changes.next("here", ending.signal);
});
