import cluster, { type Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { forkWorker } from "../../src/engine/cluster/pool-worker.js";
import type { WorkerMessage } from "../../src/engine/ipc/messages.js";

/** A worker whose process is none: it says what it is told to, and notes how it is ended. */
function fork() {
  const process = { pid: 0, kill: jest.fn() };
  const node = Object.assign(new EventEmitter(), { id: 1, process, isConnected: () => false });
  jest.spyOn(cluster, "fork").mockReturnValue(node as unknown as Worker);
  const events = { onReady: jest.fn(), onRetiring: jest.fn(), onLeaving: jest.fn(), onExit: jest.fn() };
  const worker = forkWorker(1, () => ({ type: "shoal:stop" }), events);
  const say = (message: WorkerMessage) => node.emit("message", message);
  return { worker, events, process, say, exit: () => node.emit("exit", null, "SIGKILL") };
}

afterEach(() => jest.restoreAllMocks());

test("a worker that said that it is ready, and is heard after its start was abandoned, is given nothing", async () => {
  const { worker, events, process, say, exit } = fork();
  expect(worker.abandon()).toBe(true);
  expect(process.kill).toHaveBeenCalledWith("SIGKILL");

  say({ type: "shoal:ready" });

  expect(events.onReady).not.toHaveBeenCalled();
  expect(worker.isRoutable()).toBe(false);
  exit();
  await worker.ended;
  expect(events.onExit).toHaveBeenCalledWith(expect.objectContaining({ kind: "left" }));
});

test("the start of one that is ready cannot be abandoned any more", () => {
  const { worker, events, process, say, exit } = fork();
  say({ type: "shoal:ready" });

  expect(worker.abandon()).toBe(false);

  expect(events.onReady).toHaveBeenCalledTimes(1);
  expect(worker.isRoutable()).toBe(true);
  expect(process.kill).not.toHaveBeenCalled();
  exit();
});
