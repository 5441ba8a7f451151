import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { createLogger } from "../../src/engine/process/logger.js";
import { createMongo } from "../../src/engine/stores/mongo.js";
import { onTestEnd } from "../support/cleanup.js";
import { ALL_MEASURES } from "../support/internals.js";
import { startMongo } from "../support/mongo.js";
import { eventually, within } from "../support/wait.js";

/** All connections that are made from now on. */
function watchSockets(): Socket[] {
  const sockets: Socket[] = [];
  const onSocket = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
  subscribe("net.client.socket", onSocket);
  onTestEnd(() => unsubscribe("net.client.socket", onSocket));
  return sockets;
}

async function startConnected() {
  const server = await startMongo();
  const sockets = watchSockets();
  const mongo = createMongo(server.uriFor(), ALL_MEASURES, createLogger("silent"));
  onTestEnd(() => mongo.stop());
  await mongo.start();
  const command = () => mongo.connection.db?.command({ ping: 1 }) ?? Promise.reject(new Error("no database"));
  await command();
  return { server, mongo, sockets, command };
}

describe("a connection to MongoDB that ends", () => {
  test("settles an operation that is written before the end is noticed", async () => {
    const { sockets, command } = await startConnected();

    // Destroyed, but the event comes in a later turn: the driver still takes the connection for a good one.
    for (const socket of sockets) socket.destroy();
    const outcome = command().then(
      () => "settled",
      () => "settled",
    );

    await expect(within(outcome, 8000, "the outcome of the operation")).resolves.toBe("settled");
  });

  test("does not stop the driver from finding the server again", async () => {
    const { sockets, command, mongo } = await startConnected();
    const client = mongo.connection.getClient();

    for (let times = 0; times < 5; times += 1) {
      // At the moment in which the driver's monitor writes.
      client.once("serverHeartbeatStarted", () => {
        for (const socket of sockets) socket.destroy();
      });
      await eventually(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true), {
        withinMs: 8000,
      });
      await eventually(command, { withinMs: 8000 });
    }
  });
});
