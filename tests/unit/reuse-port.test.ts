import cluster, { type Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { createLogger } from "../../src/engine/process/logger.js";
import { createReusePort } from "../../src/engine/routing/primary/reuse-port.js";
import { onTestEnd } from "../support/cleanup.js";
import { createLineLog } from "../support/line-log.js";

interface Told {
  readonly type: string;
  readonly port: number;
}

/** A worker that notes what it is told; `answer` says that it listens, `die` ends it. */
function aWorker() {
  const told: Told[] = [];
  let dead = false;
  const worker = Object.assign(new EventEmitter(), {
    isConnected: () => !dead,
    isDead: () => dead,
    send: (message: Told) => void told.push(message),
  }) as unknown as Worker;
  const say = (message: object): void => void cluster.emit("message", worker, message);
  return {
    worker,
    told,
    become: () => say({ type: "shoal:ready" }),
    answer: (port: number) => say({ type: "shoal:listening", url: `http://localhost:${port}` }),
    refuse: (error: string) => say({ type: "shoal:listening", error }),
    die() {
      dead = true;
      worker.emit("exit");
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function aPort(routable: readonly Worker[]) {
  const logs = createLineLog();
  const log = createLogger("info", { write: (text) => logs.feed("stdout", text) });
  const port = createReusePort({ host: "127.0.0.1", port: 0 }, () => routable, log);
  onTestEnd(port.stop);
  return { port, logs };
}

describe("the port on which each worker listens", () => {
  test("opens although a worker dies before it listens", async () => {
    const [dead, alive] = [aWorker(), aWorker()];
    const { port } = aPort([dead.worker, alive.worker]);
    const started = port.start();
    await turn();
    dead.die();
    await turn();
    alive.answer(4711);
    await started;
    expect(port.url()).toBe("http://localhost:4711");
  });

  test("is not opened when no worker is left", async () => {
    const dead = aWorker();
    const { port } = aPort([dead.worker]);
    const started = port.start();
    await turn();
    dead.die();
    await expect(started).rejects.toThrow("No worker is left to listen");
  });

  test("is that of a worker, too, that becomes ready while the first one is about to listen", async () => {
    const [first, late] = [aWorker(), aWorker()];
    const { port } = aPort([first.worker]);
    const started = port.start();
    late.become();
    await turn();
    expect(late.told).toEqual([]); // which port it is, is not known
    first.answer(4711);
    await turn();
    expect(late.told).toEqual([{ type: "shoal:listen", host: "127.0.0.1", port: 4711 }]);
    late.answer(4711);
    await started;
  });

  test("fails to open with what the worker says that cannot listen", async () => {
    const worker = aWorker();
    const { port } = aPort([worker.worker]);
    const started = port.start();
    await turn();
    worker.refuse("PORT 4711 is already in use on 127.0.0.1");
    await expect(started).rejects.toThrow("PORT 4711 is already in use on 127.0.0.1");
  });

  test("is missed, and not the instance's end, when a later worker cannot listen", async () => {
    const [first, late] = [aWorker(), aWorker()];
    const { port, logs } = aPort([first.worker]);
    const started = port.start();
    await turn();
    first.answer(4711);
    await started;
    late.become();
    await turn();
    late.refuse("no more descriptors");
    await turn();
    expect(logs.lines.map(({ fields }) => [fields.msg, fields.reason])).toEqual([
      ["a worker cannot accept connections", "no more descriptors"],
    ]);
  });
});
