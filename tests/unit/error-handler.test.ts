import type { AddressInfo } from "node:net";
import express, { type RequestHandler } from "express";
import { AppError } from "../../src/contract/errors.js";
import { errorHandler, notFound } from "../../src/engine/http/error-handler.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { once } from "../support/wait.js";

/** A server with one route, at /, and the lines that it logs. */
async function serve(route: RequestHandler) {
  const texts: string[] = [];
  const log = createLogger("debug", { write: (text) => void texts.push(text) });
  const app = express().get("/", route).use(notFound, errorHandler(log));
  app.set("env", "production"); // in which Express itself writes errors to the console
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}

const INTERNAL = {
  error: { code: "internal", message: "Something went wrong on our side", temporary: false },
};

test.each([
  [
    "an error that is thrown",
    () => {
      throw new Error("hunter2");
    },
  ],
  [
    "an error in a promise",
    async () => {
      throw new Error("hunter2");
    },
  ],
  [
    "a text that is thrown",
    () => {
      throw "hunter2";
    },
  ],
  [
    "an error of the kind that the server's own parts throw",
    () => {
      throw Object.assign(new Error("hunter2"), { status: 502 });
    },
  ],
])("%s is told as internal, and logged", async (_what, route) => {
  const { url, lines } = await serve(route);

  const response = await fetch(url);

  expect(response.status).toBe(500);
  await expect(response.json()).resolves.toEqual(INTERNAL);
  expect(lines()).toMatchObject([{ level: "error", msg: "request failed", method: "GET", route: "/" }]);
  expect(JSON.stringify(lines())).toContain("hunter2");
});

test("what a client did wrong is told and not logged", async () => {
  const { url, lines } = await serve(() => {
    throw new AppError("not_in_room");
  });

  const response = await fetch(url);

  expect(response.status).toBe(409);
  await expect(response.json()).resolves.toEqual({
    error: { code: "not_in_room", message: "Join the room first", temporary: false },
  });
  expect(lines()).toEqual([]);
});

test("what no route answers is not found", async () => {
  const { url } = await serve((_request, _response, next) => next());

  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
});

test("half an answer is cut off, so that nobody takes it for a whole one, and logged once", async () => {
  const written = jest.spyOn(console, "error").mockImplementation(() => {});
  onTestEnd(() => written.mockRestore());
  const { url, lines } = await serve((_request, response) => {
    response.setHeader("Content-Length", "1000");
    response.write("half");
    throw new Error("too late");
  });

  const raw = await openRaw(url);
  raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  expect(await raw.readToEnd()).not.toContain("internal");
  expect(lines()).toMatchObject([{ level: "error", err: { message: "too late" } }]);
  expect(written).not.toHaveBeenCalled();
});
