import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { readConfig } from "../../src/engine/config/config.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";
import { createConnections } from "../../src/engine/realtime/connections/connections.js";
import { installDoorRules } from "../../src/engine/realtime/connections/door-rules.js";
import { NO_PACE } from "../../src/engine/realtime/connections/pace.js";
import { createReading } from "../../src/engine/realtime/connections/reading.js";
import { createTurns } from "../../src/engine/realtime/connections/turns.js";
import { createIo } from "../../src/engine/realtime/io.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually, once } from "../support/wait.js";

const TEXT = "x".repeat(1024 * 1024);

/** A connection as Engine.IO tells of it. */
interface Raw {
  readonly id: string;
  readonly readyState: string;
  readonly transport: { readonly writable: boolean };
  send(text: string): void;
  close(): void;
}

/** A connection that the server has closed while its client did not read what it was sent before. */
async function closing() {
  const config = readConfig({ NODE_ENV: "test" });
  const connections = createConnections();
  const io = createIo(config, createOriginCheck(config), connections.onWebSocket);
  const httpServer = createServer();
  io.attach(httpServer);
  connections.install(io);
  installDoorRules(io, connections, createReading(createTurns(4)), NO_PACE);
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  onTestEnd(() => io.close());
  const connected = once<[Raw]>(io.engine, "connection");
  const { port } = httpServer.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  onTestEnd(() => client.terminate());
  const [[raw]] = await Promise.all([connected, once(client, "open")]);
  const webSocket = connections.get(raw.id)?.webSocket;
  if (webSocket === undefined) throw new Error("no WebSocket");
  client.pause();
  // Until the kernel has taken all that it takes.
  await eventually(
    () => {
      const isFull = !raw.transport.writable;
      if (!isFull) raw.send(TEXT);
      expect(isFull).toBe(true);
    },
    { withinMs: 20_000 },
  );
  raw.send("the last words");
  raw.close();
  expect(raw.readyState).toBe("closing");
  return { client, webSocket, raw };
}

test.each(["send", "ping"] as const)(
  "a client that goes on with %s while it does not read the last words is not read either, until it does",
  async (way) => {
    const { client, webSocket, raw } = await closing();
    const heard: string[] = [];
    client.on("message", (data) => void heard.push(String(data).slice(0, 20)));
    expect(webSocket.isPaused).toBe(false);

    client[way]("4x");
    await eventually(() => expect(webSocket.isPaused).toBe(true));
    const closed = once(client, "close");
    client.resume();

    await closed;
    expect(heard.at(-1)).toBe("4the last words");
    expect(raw.readyState).toBe("closed");
  },
);
