import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { freePorts, HOST } from "../../tools/shared/ports.js";
import { type Child, spawnNode } from "../support/child.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";

/** The stack is compiled first. */
const READY_WITHIN_MS = 50_000;

function runStack(args: readonly string[], tmpDir = ""): Promise<Child> {
  const env: Record<string, string> = tmpDir === "" ? {} : { TMPDIR: tmpDir };
  return spawnNode(join(PROJECT, "tools", "stack.mjs"), { args, env, stopWithinMs: 20_000 });
}

const says = (text: string) => (line: { readonly text: string }) => line.text.includes(text);

test("npm run stack serves at its URL, tells when a member is lost, and ends without a trace on Ctrl-C", async () => {
  const [port = 0] = await freePorts(1);
  const tmpDir = await tempDir("stack");
  const stack = await runStack(["--port", String(port), "--workers", "1"], tmpDir);
  await stack.waitForLine(says("Shoal is at"), { withinMs: READY_WITHIN_MS });
  const url = `http://${HOST}:${port}`;

  const { session } = await connectClient(url);
  expect(["app1", "app2"]).toContain(session.instance);
  const { text } = await stack.waitForLine(says("> instances:"));
  process.kill(Number(/app1 \S+ \(process (\d+)\)/.exec(text)?.[1]), "SIGKILL");
  await stack.waitForLine(says("! app1 has ended unasked, with SIGKILL"));
  const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${url}/hello`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));

  await expect(stack.stop("SIGINT")).resolves.toEqual({ code: 0, signal: null });
  expect(stack.family()).toEqual([]);
  await expect(readdir(tmpDir)).resolves.toEqual([]);
  const order = ["stopping nginx", "app2 ", "redis "].map((word) =>
    stack.lines.findLastIndex((line) => line.text.includes(word)),
  );
  expect(order).toEqual([...order].sort((one, other) => one - other));
});

test("npm run stack says so when its port is taken, and starts nothing", async () => {
  const server = createServer().listen(0, HOST);
  onTestEnd(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };

  const stack = await runStack(["--port", String(port)]);
  await stack.waitForLine(says(`Port ${port} is in use`), { withinMs: READY_WITHIN_MS });

  await expect(stack.exited).resolves.toEqual({ code: 1, signal: null });
  expect(stack.lines.filter(says("starting"))).toEqual([]);
});

test.each([
  [["--help"], 0, "Usage: npm run stack"],
  [["--port", "http"], 2, "--port must be a whole number from 1 to 65535"],
  [["--workers", "0"], 2, "--workers must be a whole number from 1 to 16"],
  [["--nonsense"], 2, "--nonsense"],
])("npm run stack -- %p explains itself", async (args, code, text) => {
  const stack = await runStack(args);

  await expect(stack.exited).resolves.toEqual({ code, signal: null });
  expect(stack.lines.map((line) => line.text).join("\n")).toContain(text);
});
