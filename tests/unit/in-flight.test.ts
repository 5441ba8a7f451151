import { EventEmitter } from "node:events";
import { Agent, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import express, { type Response } from "express";
import { createInFlight } from "../../src/engine/http/in-flight.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually, once } from "../support/wait.js";

/** A server that counts its requests and answers them when the test says so. */
async function serve() {
  const inFlight = createInFlight();
  const open: Response[] = [];
  const app = express().use((_request, response) => {
    inFlight.enter(response);
    open.push(response);
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });

  async function ask() {
    const before = open.length;
    const request = get({ port, agent, host: "127.0.0.1" });
    request.on("error", () => {});
    const answer = new Promise<IncomingMessage>((resolve) => request.once("response", resolve));
    await eventually(() => expect(open).toHaveLength(before + 1));
    return { request, answer, response: open[before] as Response };
  }

  return { inFlight, ask };
}

/** An answer that is given and not taken. */
const untaken = () => Object.assign(new EventEmitter(), { closed: false }) as unknown as ServerResponse;

test("with no request open there is nothing to wait for", async () => {
  const { inFlight } = await serve();

  await expect(inFlight.drained(60_000)).resolves.toBe(0);
});

test("waits for the last request that is open", async () => {
  const { inFlight, ask } = await serve();
  const asked = [await ask(), await ask()];

  let drained = false;
  const draining = inFlight.drained(60_000).then((left) => {
    drained = true;
    return left;
  });
  asked[0]?.response.end();
  await asked[0]?.answer;
  expect(drained).toBe(false);
  asked[1]?.response.end();

  await expect(draining).resolves.toBe(0);
});

test("gives up after the time and tells how many are left", async () => {
  const { inFlight, ask } = await serve();
  await ask();
  const done = await ask();
  done.response.end();
  await done.answer;

  await expect(inFlight.drained(50)).resolves.toBe(1);
});

test("a client that goes before its answer counts no more", async () => {
  const { inFlight, ask } = await serve();
  const { request } = await ask();
  const draining = inFlight.drained(60_000);

  request.destroy();

  await expect(draining).resolves.toBe(0);
});

test("a request that begins behind the last answer, a turn later, is waited for", async () => {
  const { inFlight, ask } = await serve();
  const { response } = await ask();
  const left: number[] = [];
  const draining = inFlight.drained(60_000).then((count) => left.push(count));
  const next = new EventEmitter();
  response.once("close", () => setImmediate(() => inFlight.enter(next as Response)));
  Object.assign(next, { setHeader() {} });
  response.end();
  await once(response, "close");
  for (let turns = 0; turns < 10; turns += 1) await nextTurn();
  expect(left).toEqual([]);

  next.emit("close");
  await draining;
  expect(left).toEqual([0]);
});

test("answers on their way are waited for, and no answers that begin later: there may always be one", async () => {
  const { inFlight } = await serve();
  const [before, later] = [new EventEmitter(), new EventEmitter()];
  inFlight.answer(before as ServerResponse);
  const left: number[] = [];
  const draining = inFlight.drained(60_000).then((count) => left.push(count));
  for (let turns = 0; turns < 10; turns += 1) await nextTurn();
  expect(left).toEqual([]);

  inFlight.answer(later as ServerResponse);
  Object.assign(before, { closed: true }).emit("close");
  await draining;
  expect(left).toEqual([0]);
});

test("answers that nobody takes are given up together, after the time", async () => {
  const { inFlight } = await serve();
  for (let count = 0; count < 2000; count += 1) inFlight.answer(untaken());
  let looks = 0;
  const looking = setInterval(() => {
    looks += 1;
  }, 1);

  await expect(inFlight.drained(20)).resolves.toBe(2000);

  clearInterval(looking);
  // One after the other they would take a timer of 1 ms each.
  expect(looks).toBeLessThan(1000);
});

test("requests that come while draining are told to connect elsewhere next time", async () => {
  const { inFlight, ask } = await serve();
  const early = await ask();
  const draining = inFlight.drained(60_000);
  const late = await ask();
  for (const { response } of [early, late]) response.end();

  const [first, second] = await Promise.all([early.answer, late.answer]);
  expect(first.headers.connection).toBe("keep-alive");
  expect(second.headers.connection).toBe("close");
  await expect(draining).resolves.toBe(0);
});
