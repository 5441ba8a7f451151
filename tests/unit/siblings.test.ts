import type { IncomingMessage } from "node:http";
import { queryObjects } from "node:v8";
import { KeepAliveAgent } from "../../src/engine/routing/worker/keep-alive-agent.js";
import { newSessionId } from "../../src/engine/routing/worker/session-owner.js";
import { createSiblings } from "../../src/engine/routing/worker/siblings.js";

const MANY = 1000;
const request = { socket: {} } as IncomingMessage;
const create = () => createSiblings({ self: 1, suffix: "", socketDir: "/nowhere" });

/** Agents that something holds. */
const agents = () => queryObjects(KeepAliveAgent, { format: "count" });

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
