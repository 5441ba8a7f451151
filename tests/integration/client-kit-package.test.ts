import { join } from "node:path";
import { spawnProgram } from "../support/child.js";
import { CONSUMER_TSCONFIG, newConsumer, runIn } from "../support/consumer.js";
import { logged } from "../support/line-log.js";
import { PROJECT } from "../support/readme.js";
import { spawnShoal } from "../support/spawn-shoal.js";

const STORED_PROGRAM = `
import { io } from "socket.io-client";
import { createClient } from "shoal/client";
import { createRoomClient } from "shoal/client/core";
import { fileStore } from "shoal/client/stores/file";

const client = createClient({ io, url: process.argv[2], user: "ann", store: fileStore("outbox") });
const sent = await client.room("larder").publish({ hello: 1 }, "first");
console.log(JSON.stringify({ msg: "done", sent, core: typeof createRoomClient, storage: client.outbox.storage() }));
await client.close();
`;

test("a Node program imports the client with an outbox, its store and the core by their paths, and ends", async () => {
  const shoal = await spawnShoal();
  const folder = await newConsumer({ "program.js": STORED_PROGRAM });

  const child = await spawnProgram(process.execPath, { cwd: folder, args: ["program.js", shoal.url] });
  const { fields } = await child.waitForLine(logged("done"));

  expect(fields).toMatchObject({ sent: { seq: 1, id: "first" }, core: "function", storage: "kept" });
  await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
});

const HOOKS_PROGRAM = `
import { createClient } from "shoal/client";
import { ShoalProvider, usePresence, useRoom, useTyping } from "shoal/react";
import { io } from "socket.io-client";
import { createElement, type ReactNode } from "react";

export function Kitchen(): ReactNode {
  const { messages, pending, publish, status } = useRoom("kitchen");
  const names: readonly string[] = usePresence("kitchen").users;
  void publish([messages[0]?.seq ?? 0, pending[0]?.id ?? status, ...names]);
  useTyping("kitchen").typed();
  // @ts-expect-error: a list that is shown is not changed
  messages.push(messages[0]);
  return null;
}
const client = createClient({ io, url: "http://localhost:3000", user: "ann" });
export const app = createElement(ShoalProvider, { client }, createElement(Kitchen));
// @ts-expect-error: there is no client
export const wrong = createElement(ShoalProvider, {});
`;

test("the types of the hooks serve a strict program with React, and refuse a wrong one", async () => {
  const folder = await newConsumer({
    "program.ts": HOOKS_PROGRAM,
    "tsconfig.json": JSON.stringify(CONSUMER_TSCONFIG),
  });

  const { output } = await runIn(folder, join(PROJECT, "node_modules", "typescript", "bin", "tsc"));

  expect(output).toEqual([]);
});
