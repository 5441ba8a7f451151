import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { afterSilence } from "../../src/engine/process/after-silence.js";
import { onTestEnd } from "../support/cleanup.js";
import { deferred } from "../support/wait.js";

/** Answers by another thread when it is told to, and says in `written` when the answer has been written. */
const ANSWERER = `
  const { parentPort, workerData: { port, written } } = require("node:worker_threads");
  const socket = require("node:net").connect(port, "127.0.0.1");
  parentPort.once("message", () => socket.write("answer", () => {
    Atomics.store(written, 0, 1);
    Atomics.notify(written, 0);
  }));
`;
const TIMEOUT_MS = 5;

test("an answer that came while the process was held up counts, though its time is over", async () => {
  const written = new Int32Array(new SharedArrayBuffer(4));
  const server = createServer().listen(0, "127.0.0.1");
  onTestEnd(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answerer = new Worker(ANSWERER, { eval: true, workerData: { port, written } });
  onTestEnd(() => answerer.terminate());
  const [socket] = (await once(server, "connection")) as [Socket];
  onTestEnd(() => void socket.destroy());

  const heard: string[] = [];
  const callOff = afterSilence(TIMEOUT_MS, () => heard.push("silence"));
  socket.once("data", (chunk) => {
    heard.push(String(chunk));
    callOff();
  });
  answerer.postMessage("answer");
  // Nothing else runs in this thread until both the answer is there and its time is over.
  const start = performance.now();
  Atomics.wait(written, 0, 0);
  while (performance.now() - start < 2 * TIMEOUT_MS);
  await new Promise((resolve) => setTimeout(resolve, 2 * TIMEOUT_MS));

  expect(heard).toEqual(["answer"]);
});

test("without an answer it is told once, and not before its time; called off it is never told", async () => {
  const start = performance.now();
  const told = deferred<number>();
  const never = jest.fn();
  afterSilence(1, never)();
  afterSilence(TIMEOUT_MS, () => told.resolve(performance.now() - start));

  expect(await told.promise).toBeGreaterThanOrEqual(TIMEOUT_MS - 1);
  expect(never).not.toHaveBeenCalled();
});
