import cluster, { type Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { createLogger } from "../../src/engine/process/logger.js";
import { createDispatcher } from "../../src/engine/routing/primary/dispatcher.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { eventually } from "../support/wait.js";

/** A worker that takes nothing: what it is sent is on its way until it dies. */
function deafWorker() {
  const sent: Socket[] = [];
  const ending = new EventEmitter();
  const worker = Object.assign(new EventEmitter(), {
    process: ending,
    isConnected: () => true,
    send: (_message: object, socket: Socket) => void sent.push(socket),
  }) as unknown as Worker;
  cluster.emit("fork", worker);
  return { worker, sent, die: () => void ending.emit("close") };
}

test("a connection that many workers die with is watched once, and goes on to the next one", async () => {
  let current: ReturnType<typeof deafWorker>;
  const { ground, listener } = createDispatcher(
    { host: "127.0.0.1", port: 0, shutdownTimeoutMs: 10_000 },
    () => [current.worker],
    createLogger("silent"),
  );
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => void warnings.push(message);
  process.on("warning", onWarning);
  onTestEnd(() => void process.off("warning", onWarning));
  await ground.start();
  onTestEnd(ground.stop);
  current = deafWorker();
  await listener.start();
  onTestEnd(listener.stop);
  const client = await openRaw(listener.url());
  await eventually(() => expect(current.sent).toHaveLength(1));
  const [connection] = current.sent;
  const listeners = connection?.listenerCount("close");

  for (let deaths = 0; deaths < 20; deaths += 1) {
    const dead = current;
    current = deafWorker();
    dead.die();
    expect(current.sent).toEqual([connection]);
  }
  await new Promise((resolve) => setImmediate(resolve)); // warnings come a turn later

  expect(connection?.listenerCount("close")).toBe(listeners);
  expect(warnings).toEqual([]);
  client.socket.destroy();
});

test("connections that no worker can take get 503, and the log says so once", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) });
  const { ground, listener } = createDispatcher(
    { host: "127.0.0.1", port: 0, shutdownTimeoutMs: 10_000 },
    () => [],
    log,
  );
  await ground.start();
  onTestEnd(ground.stop);
  await listener.start();
  onTestEnd(listener.stop);

  for (let client = 0; client < 3; client += 1) {
    const { status, headers } = await fetch(listener.url());
    expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
  }

  expect(lines).toEqual([
    expect.objectContaining({
      level: "warn",
      count: 1,
      msg: "connections get 503: no worker can take them",
    }),
  ]);
});
