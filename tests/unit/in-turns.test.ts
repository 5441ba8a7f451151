import { AsyncLocalStorage } from "node:async_hooks";
import type { Request, Response } from "express";
import { inTurns } from "../../src/engine/http/in-turns.js";
import { createTurns } from "../../src/engine/process/turns.js";
import { eventually } from "../support/wait.js";

/** The client's address is all that counts of a request. */
const addressOf = ({ ip }: Pick<Request, "ip">): string => ip ?? "";

/** Requests of as many connections, each from its address, that come at the same moment, and the turns in which they begin. */
function send(addresses: readonly string[], budgetMs: number) {
  const turns = createTurns(budgetMs);
  const handle = inTurns(turns, addressOf);
  const begun: { readonly request: number; readonly turn: number }[] = [];
  const sockets = addresses.map(() => ({ destroyed: false }));
  for (const [request, socket] of sockets.entries()) {
    const begin = () => void begun.push({ request, turn: turns.number() });
    handle({ socket, ip: addresses[request] } as unknown as Request, {} as Response, begin);
  }
  return { begun, sockets };
}

const FIVE_OF_ONE = ["a", "a", "a", "a", "a"];

test("where a turn has no time left, each one begins one request, in the order in which they came", async () => {
  const { begun } = send(FIVE_OF_ONE, 0);
  expect(begun).toHaveLength(1);
  await eventually(() => expect(begun).toHaveLength(5));
  expect(begun.map(({ request }) => request)).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(begun.map(({ turn }) => turn)).size).toBe(5);
});

test("as long as a turn has time, all begin at once", () => {
  expect(send(FIVE_OF_ONE, 60_000).begun).toHaveLength(5);
});

test("addresses begin one request each in turn, however many one of them has sent before the others", async () => {
  const { begun } = send(["a", "a", "a", "a", "b", "c", "b"], 0);

  await eventually(() => expect(begun).toHaveLength(7));

  const [a1, a2, a3, a4, b1, c1, b2] = [0, 1, 2, 3, 4, 5, 6];
  expect(begun.map(({ request }) => request)).toEqual([a1, a2, b1, c1, a3, b2, a4]);
});

test("a request whose connection ends while it waits never begins", async () => {
  const { begun, sockets } = send(["a", "a", "a"], 0);
  (sockets[1] as { destroyed: boolean }).destroyed = true;
  await eventually(() => expect(begun).toHaveLength(2));
  expect(begun.map(({ request }) => request)).toEqual([0, 2]);
});

test("a queue that runs empty and fills again within its turns asks for each next turn once", async () => {
  const turns = createTurns(0);
  const asked = new Map<number, number>();
  const counting = {
    ...turns,
    onNext(callback: () => void) {
      asked.set(turns.number(), (asked.get(turns.number()) ?? 0) + 1);
      turns.onNext(callback);
    },
  };
  const handle = inTurns(counting, addressOf);
  let begun = 0;
  /** Sends the next one when the one before has begun, as a client does. */
  function send(): void {
    handle({ socket: { destroyed: false } } as unknown as Request, {} as Response, () => {
      begun += 1;
      if (begun < 200) setImmediate(send);
    });
  }
  send();
  send();

  await eventually(() => expect(begun).toBeGreaterThanOrEqual(200));
  expect(Math.max(...asked.values())).toBe(1);
});

test("a request that has waited goes on in its own context, by which its trace is known", async () => {
  const contexts = new AsyncLocalStorage<number>();
  const handle = inTurns(createTurns(0), addressOf);
  const found: unknown[] = [];
  const request = { socket: { destroyed: false } } as unknown as Request;
  for (const number of [0, 1, 2, 3])
    contexts.run(number, () => handle(request, {} as Response, () => void found.push(contexts.getStore())));

  await eventually(() => expect(found).toHaveLength(4));

  expect(found).toEqual([0, 1, 2, 3]);
});
