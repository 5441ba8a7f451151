import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { queryObjects } from "node:v8";
import type { Destination } from "../../src/engine/routing/worker/destination.js";
import { KeepAliveAgent } from "../../src/engine/routing/worker/keep-alive-agent.js";
import { newSessionId } from "../../src/engine/routing/worker/session-owner.js";
import { createSiblings } from "../../src/engine/routing/worker/siblings.js";

const MANY = 1000;
const request = { socket: {} } as IncomingMessage;
const create = () => createSiblings({ self: 1, suffix: "", socketDir: "/nowhere" });

/** Agents that something holds. */
const agents = () => queryObjects(KeepAliveAgent, { format: "count" });

test("of what a connection asks that was handed over in vain, polls and upgrades are relayed while the sibling ends, and nothing is handed over", () => {
  const siblings = create();
  const [toOne, toNone] = [new Socket(), new Socket()];
  siblings.keepHere(toOne, 2, "relay");
  siblings.keepHere(toNone, 2, "orphan");
  const find = (socket: Socket, method = "GET", worker = 2) =>
    siblings.find(newSessionId(worker, ""), { socket, method } as IncomingMessage) as Destination | undefined;

  expect(find(new Socket())?.handOver).toBeDefined();
  expect(find(toOne)).toMatchObject({ address: { socketPath: "/nowhere/2.sock" } });
  expect(find(toOne)?.handOver).toBeUndefined();
  expect(find(toOne, "POST")).toBeUndefined();
  expect(find(toNone)).toBeUndefined();
  for (const socket of [toOne, toNone]) expect(find(socket, "POST", 3)?.handOver).toBeDefined();
});

test("workers that a client has made up leave nothing", () => {
  const siblings = create();
  const before = agents();
  for (let worker = 2; worker < MANY; worker += 1) void siblings.find(newSessionId(worker, ""), request);
  expect(agents() - before).toBeLessThan(MANY / 10);
  expect(siblings.find(newSessionId(1, ""), request)).toBeUndefined();
});

test("a worker that was reached keeps its connections, until it cannot be reached", () => {
  const siblings = create();
  const id = newSessionId(2, "");
  const find = () => siblings.find(id, request);
  const reached = find();
  if (reached === undefined || reached instanceof Promise) throw new Error("siblings are known at once");
  reached.onReached();
  expect(find()).toBe(reached);
  reached.onUnreachable(new Error("gone"));
  expect(find()).not.toBe(reached);
});
