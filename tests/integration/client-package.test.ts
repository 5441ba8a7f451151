import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { spawnProgram } from "../support/child.js";
import { CONSUMER_TSCONFIG, newConsumer, runIn } from "../support/consumer.js";
import { logged } from "../support/line-log.js";
import { codeIn } from "../support/markdown.js";
import { distFile } from "../support/program-path.js";
import { PROJECT } from "../support/readme.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";

let shoal: Shoal;

beforeAll(async () => {
  shoal = await spawnShoal();
});

/** The files of the library that a file of it imports; it imports nothing else. */
function importsOf(name: string, code: string): string[] {
  const all = [...code.matchAll(/\b(?:from|import) ?\(?"([^"]+)"/g)].map(([, target = ""]) => target);
  expect(all.filter((target) => !/^\.\.?\//.test(target))).toEqual([]);
  return all.map((target) => posix.join(posix.dirname(name), target));
}

/** All files that one needs, itself included. */
function filesOf(first: string): string[] {
  const names = new Set([first]);
  for (const name of names) {
    for (const next of importsOf(name, readFileSync(distFile(`client/${name}`), "utf8"))) names.add(next);
  }
  return [...names].sort();
}

const bytesOf = (names: readonly string[]): number =>
  names.map((name) => readFileSync(distFile(`client/${name}`)).length).reduce((all, one) => all + one);

/** What the page about clients says of a size, in bytes. */
function saidBytes(sentence: RegExp): number {
  const said = sentence.exec(readFileSync(join(PROJECT, "docs", "client.md"), "utf8"))?.[1];
  return Number(said) * 1000;
}

const CORE = ["lane.js", "outbox.js", "protocol.js", "room-client.js", "server-limits.js", "sign-in.js"];

const PROGRAM = `
import { io } from "socket.io-client";
import { createRoomClient } from "shoal/client";

const socket = io(process.argv[2], { auth: { user: "ann" } });
const client = createRoomClient(socket);
let room;
const got = new Promise((onMessage) => {
  room = client.room("kitchen", { onMessage });
});
const sent = await room.publish({ hello: 1 }, "first");
console.log(JSON.stringify({ msg: "done", sent, got: await got }));
client.close();
socket.disconnect();
`;

test("a Node program imports it by its package path and talks through it", async () => {
  const folder = await newConsumer({ "program.js": PROGRAM });

  const child = await spawnProgram(process.execPath, { cwd: folder, args: ["program.js", shoal.url] });
  const { fields } = await child.waitForLine(logged("done"));

  expect(fields.sent).toEqual({ seq: 1, id: "first" });
  expect(fields.got).toMatchObject({ seq: 1, id: "first", from: "ann", body: { hello: 1 } });
  await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
});

const DEFECTIVE_PROGRAM = `
import { io } from "socket.io-client";
import { createRoomClient } from "shoal/client";

const socket = io(process.argv[2], { auth: { user: "ann" } });
const client = createRoomClient(socket);
const reported = [];
process.on("unhandledRejection", ({ message }) => reported.push(message));
const sender = client.room("defects");
await Promise.all([1, 2, 3].map((body) => sender.publish(body)));
sender.close();
const seen = [];
const room = client.room("defects", {
  start: { after: 0 },
  position: { epoch: "gone", last: 9 },
  onReset() {
    throw new Error("a defect at the reset");
  },
  onMessage({ seq }) {
    seen.push(seq);
    if (seq === 2) throw new Error("a defect of the app");
    if (seq === 3) setImmediate(finish);
  },
});
function finish() {
  console.log(JSON.stringify({ msg: "done", seen, reported, position: room.position().last }));
  client.close();
  socket.disconnect();
}
`;

test("a handler that throws keeps no message from its turn, and its error is reported", async () => {
  const folder = await newConsumer({ "program.js": DEFECTIVE_PROGRAM });

  const child = await spawnProgram(process.execPath, { cwd: folder, args: ["program.js", shoal.url] });
  const { fields } = await child.waitForLine(logged("done"));

  expect(fields).toMatchObject({ seen: [1, 2, 3], position: 3 });
  expect(fields.reported).toEqual(["a defect at the reset", "a defect of the app"]);
  await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
});

const TYPED_PROGRAM = `
import { createRoomClient, type Message, type Position } from "shoal/client";
import { io } from "socket.io-client";

const client = createRoomClient(io("http://localhost:3000", { auth: { user: "ann" } }));
const shown: Message[] = [];
const room = client.room("kitchen", {
  onMessage: (message) => void shown.push(message),
  onReset: ({ floor }) => void shown.splice(0, floor),
});
const sent: { seq: number; id: string } = await room.publish({ text: "hello", marks: [1, null] });
const position: Position | undefined = room.position();
// @ts-expect-error: a function is no JSON
void room.publish(() => sent);
// @ts-expect-error: a position is not a number
export const last: number = position;
`;

test("its types serve a strict TypeScript program, and refuse a wrong one", async () => {
  const folder = await newConsumer({
    "program.ts": TYPED_PROGRAM,
    "tsconfig.json": JSON.stringify(CONSUMER_TSCONFIG),
  });

  const { code, output } = await runIn(folder, join(PROJECT, "node_modules", "typescript", "bin", "tsc"));

  expect(output).toEqual([]);
  expect(code).toBe(0);
});

test("the documented program with typed events compiles, and not without its types' names", async () => {
  const [code = ""] = codeIn(readFileSync(join(PROJECT, "docs", "client.md"), "utf8"), "ts");
  const strict = {
    ...CONSUMER_TSCONFIG,
    compilerOptions: { ...CONSUMER_TSCONFIG.compilerOptions, skipLibCheck: false },
  };
  const folder = await newConsumer({
    "right.ts": code,
    "wrong.ts": code.replace('"presence", ({', '"presents", ({'),
    "tsconfig.json": JSON.stringify(strict),
  });

  const { output } = await runIn(folder, join(PROJECT, "node_modules", "typescript", "bin", "tsc"));

  expect(output.filter((line) => line.startsWith("right.ts"))).toEqual([]);
  expect(
    output.filter((line) => line.includes("error TS")).every((line) => line.startsWith("wrong.ts")),
  ).toBe(true);
  expect(output.join("\n")).toContain("presents");
});

test("the client of the routes is as small as it is said to be, and needs neither packages nor the rest", () => {
  const names = filesOf("api.js");

  expect(names).toEqual(["api.js", "contract.js"]);
  expect(bytesOf(names)).toBeLessThan(saidBytes(/\*\*Size\.\*\* Less than ([\d.]+) kB/));
});

test("the core is as small as it is said to be, and needs neither packages nor the rest", () => {
  const names = filesOf("room-client.js");

  expect(names).toEqual(CORE);
  expect(bytesOf(names)).toBeLessThan(saidBytes(/\*\*The core\*\* has less than ([\d.]+) kB/));
});

test("all that a page with an outbox loads is as small as it is said to be, and has nothing of Node.js", () => {
  const names = [...new Set([...filesOf("index.js"), ...filesOf("stores/indexed-db.js")])];

  expect(names.filter((name) => name.startsWith("stores/file"))).toEqual([]);
  expect(bytesOf(names)).toBeLessThan(
    saidBytes(/all that a page with an outbox loads less than ([\d.]+) kB/),
  );
});

test("a folder of it that is not exported cannot be imported", async () => {
  const folder = await newConsumer({ "program.js": 'import "shoal/dist/main.js";' });

  const { code, output } = await runIn(folder, "program.js");

  expect(code).toBe(1);
  expect(output.join("\n")).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("the service serves the very same files to browsers, and they load", async () => {
  const folder = await newConsumer({});
  const names = [...new Set([...filesOf("index.js"), ...filesOf("stores/indexed-db.js")])];

  for (const name of names) {
    const response = await fetch(`${shoal.url}/client/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/javascript/);
    const served = Buffer.from(await response.arrayBuffer());
    expect(served.equals(readFileSync(distFile(`client/${name}`)))).toBe(true);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), served);
  }
  await writeFile(
    join(folder, "load.js"),
    `import * as all from "./index.js"; import * as store from "./stores/indexed-db.js";
    console.log(typeof all.createApi, typeof all.createClient, typeof all.createRoomClient, typeof store.indexedDbStore);`,
  );

  expect(names).toEqual(expect.arrayContaining(["api.js", "contract.js", "kit/client.js", ...CORE]));
  await expect(runIn(folder, "load.js")).resolves.toMatchObject({
    ...{ code: 0, output: ["function function function function"] },
  });
});

test("the service serves nothing else below that address", async () => {
  for (const path of ["/client", "/client/", "/client/main.js", "/client/..%2fmain.js"]) {
    const { status } = await fetch(`${shoal.url}${path}`);
    expect({ path, status }).toEqual({ path, status: 404 });
  }
});
