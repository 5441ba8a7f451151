import { createPacedMoves } from "../../../src/app/reads/paced-moves.js";
import type { ReadCursor } from "../../../src/app/reads/reads.model.js";

/** Longer than any test. */
const LONG_MS = 2 ** 31 - 1;

const at = (read: number, epoch = "e"): ReadCursor => ({ room: "kitchen", read, epoch });

function paced() {
  const moves: string[] = [];
  const { move, forget, stop } = createPacedMoves(LONG_MS, async (user, cursor) => {
    moves.push(`${user} ${cursor.read}${cursor.epoch}`);
    if (cursor.read === 13) throw new Error("away");
    return cursor;
  });
  return { moves, move, forget, stop };
}

test("of what comes meanwhile one waits, for a move as far as the furthest; the others hear at once where the cursor is", async () => {
  const { moves, move, stop } = paced();

  await expect(move("ann", at(1))).resolves.toEqual(at(1));
  const [overtaken, furthest, last] = [move("ann", at(3)), move("ann", at(7)), move("ann", at(5))];
  await expect(Promise.all([overtaken, last])).resolves.toEqual([at(1), at(1)]);
  expect(moves).toEqual(["ann 1e"]);
  stop();

  await expect(furthest).resolves.toEqual(at(7));
  expect(moves).toEqual(["ann 1e", "ann 7e"]);
});

test("a cursor that is forgotten is not made again by what waited", async () => {
  const { moves, move, forget, stop } = paced();
  await move("ann", at(1));
  const waiting = move("ann", at(2));

  await forget("ann", "kitchen");
  stop();

  await expect(waiting).resolves.toEqual(at(1));
  await new Promise(setImmediate);
  expect(moves).toEqual(["ann 1e"]);
});

test("cursors of others, and in other rooms, do not wait", async () => {
  const { moves, move } = paced();

  await Promise.all([move("ann", at(1)), move("ben", at(2)), move("ann", { ...at(3), room: "hall" })]);

  expect(moves).toEqual(["ann 1e", "ben 2e", "ann 3e"]);
});

test("of two logs the newer one counts, however far the other was read", async () => {
  const { moves, move, stop } = paced();
  await move("ann", at(1));

  const waiting = [move("ann", at(9, "old")), move("ann", at(2, "new"))];
  stop();

  await Promise.all(waiting);
  expect(moves).toEqual(["ann 1e", "ann 2new"]);
});

test("a move that fails fails for who waits for it, and not for those that come behind it", async () => {
  const { move, stop } = paced();
  await move("ann", at(1));

  const failing = move("ann", at(13));
  stop();

  await expect(failing).rejects.toThrow("away");
  await expect(move("ann", at(14))).resolves.toEqual(at(14));
});
