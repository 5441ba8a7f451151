import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate, newProject, node, ROOT, type Run } from "../support/setup-project.js";
import { sourceFiles } from "../support/source-files.js";
import { tempDir } from "../support/temp-dir.js";

/** What it takes to run these test files, by name. */
function needsOf(files: readonly string[]): Promise<unknown> {
  const paths = files.map((file) => join(ROOT, file));
  return evaluate("test-needs.mjs", "needsOf", `needsOf(${JSON.stringify(paths)}).map(({ name }) => name)`);
}

const testFilesIn = (folder: string) =>
  sourceFiles(folder)
    .filter(({ name }) => name.endsWith(".test"))
    .map(({ name }) => `${folder}/${name}.ts`);

describe("what has to be installed for tests", () => {
  test("is nothing for those of tests/unit", async () => {
    expect(await needsOf(testFilesIn("tests/unit"))).toEqual([]);
  });

  test.each([
    ["tests/cluster/stop.test.ts", ["C library"]],
    ["tests/integration/redis-outage.test.ts", ["C library", "redis-server"]],
    ["tests/integration/redis-tls.test.ts", ["C library", "redis-server", "openssl"]],
    ["tests/nginx/files.test.ts", ["nginx"]],
    ["tests/nginx/edge.test.ts", ["C library", "redis-server", "nginx"]],
    ["tests/nginx/stack-command.test.ts", ["C library", "redis-server", "nginx"]],
    ["tests/chaos/command.test.ts", ["C library", "redis-server"]],
    ["tests/browser/page.test.ts", ["C library", "Chromium"]],
  ])("for %s is %j", async (file, names) => {
    expect(await needsOf([file])).toEqual(names);
  });

  test("is known for every file that runs such a program", async () => {
    const files = ["tests", "tools/stack"].flatMap((folder) =>
      sourceFiles(folder).map(({ name, text }) => ({ path: `${folder}/${name}.ts`, text })),
    );
    const runners = ["nginx", "redis-server"].flatMap((program) =>
      files
        .filter(({ text }) => new RegExp(`(\\(|command: )"${program}"`).test(text))
        .map(({ path }) => ({ path, program })),
    );
    expect(runners.length).toBeGreaterThan(3);

    for (const { path, program } of runners)
      expect({ path, needs: await needsOf([path]) }).toEqual({
        path,
        needs: expect.arrayContaining([program]),
      });
  });
});

const ALL = [
  "tests",
  ...["bench", "chaos", "fuzz", "loadtest", "renewal", "simulate", "stack"].map((tool) => `tools/${tool}`),
  "scripts",
];

test("types are checked of all that has its own", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  // The build itself checks the client.
  const listed = [...scripts.typecheck.matchAll(/-p (\S+)/g)].map(([, project]) => project);
  expect(listed.filter((project) => project !== "client").sort()).toEqual([...ALL].sort());
});

test.each([
  [[], { lint: true, types: ALL }],
  [["-t", "two words"], { lint: true, types: ALL }],
  [["tests"], { lint: true, types: ALL }],
  [["tests/unit"], { lint: false, types: ["tests"] }],
  [["./tests/integration/hello.test.ts", "-t", "two words"], { lint: false, types: [] }],
  [["tests/integration/hello.test.ts", "tests/unit"], { lint: false, types: ["tests"] }],
  [["--watch", "tests/unit"], { lint: false, types: [] }],
])("with %j what is checked before the tests is %j", async (args, checks) => {
  expect(await evaluate("test-selection.mjs", "checksFor", `checksFor(${JSON.stringify(args)})`)).toEqual(
    checks,
  );
});

test("the tests are known also when jest is to write its result into a file", async () => {
  const jest = join(ROOT, "node_modules", "jest", "bin", "jest.js");
  const result = join(await tempDir("result"), "result.json");
  const args = ["tests/unit/health", "--json", `--outputFile=${result}`];
  const listed = evaluate(
    "test-selection.mjs",
    "selectedTests",
    `selectedTests(${JSON.stringify(jest)}, ${JSON.stringify(args)})`,
  );
  expect(await listed).toEqual([join(ROOT, "tests", "unit", "health.test.ts")]);
  expect(existsSync(result)).toBe(false);
});

/** Writes a program in the place of Node's that says its version and, of a script, with what it was run. */
const NPM = `const fs = require("node:fs"), path = require("node:path");
  const offer = fs.readFileSync("offer", "utf8");
  fs.appendFileSync("calls", process.argv[2] + "\\n");
  if (offer.startsWith("npm error")) { console.error(offer); process.exit(1); }
  const [name] = process.argv.find((arg) => /^node-/.test(arg)).split("@");
  const bin = path.join(process.argv[process.argv.indexOf("--prefix") + 1], "node_modules", name, "bin");
  fs.mkdirSync(bin, { recursive: true });
  const text = '#!/bin/sh\\nif [ "$1" = --version ]; then echo ' + offer + '; else echo "ran $@"; exit 7; fi\\n';
  fs.writeFileSync(path.join(bin, "node"), text, { mode: 0o755 });`;

describe("npm test", () => {
  async function command(offer = "v24.11.0") {
    const files = {
      "npm-cli.js": NPM,
      calls: "",
      offer,
      "tests/some.test.ts": "",
      "package-lock.json": "{}",
    };
    const project = await newProject(files);
    const run = (...args: string[]): Promise<Run> =>
      node(project, ["scripts/test.mjs", ...args], { npm_execpath: join(project, "npm-cli.js") });
    const calls = () => readFile(join(project, "calls"), "utf8");
    return { project, run, calls };
  }

  test("tells a path without tests before it installs anything", async () => {
    const { project, run, calls } = await command();

    expect(await run("tests/soem")).toEqual({
      code: 1,
      stdout: "",
      stderr: "There is no test file at tests/soem\n",
    });
    expect(await calls()).toBe("");
    expect(existsSync(join(project, "node_modules"))).toBe(false);
  });

  test("--node fetches the version once, runs all of it with that one, and ends with its exit code", async () => {
    const { project, run, calls } = await command();
    const ran = `ran ${join(project, "scripts", "test.mjs")} tests/some -t two words\n`;

    const first = await run("--node", "24", "tests/some", "-t", "two words");
    expect(first).toEqual({ code: 7, stdout: ran, stderr: expect.stringContaining("fetching Node.js 24") });
    const second = await run("tests/some", "--node=24", "-t", "two words");
    expect(second).toEqual({ code: 7, stdout: ran, stderr: "" });
    expect(await calls()).toBe("install\n");
    expect(await readdir(join(project, ".cache", "node"))).toEqual(["24"]);
  });

  test.each([
    [
      "is unknown to npm",
      "npm error code ETARGET",
      /^npm has no Node\.js 24 for this machine \(package node-/m,
    ],
    [
      "cannot be fetched",
      "npm error code ENOTFOUND",
      /ENOTFOUND\nNode\.js 24 could not be fetched\. If the registry cannot be reached, check/,
    ],
    ["is another one than was asked for", "v20.20.0", /^The Node\.js 24 of npm \(.*\) does not run on this/m],
  ])("says so when the version %s, and tries again the next time", async (_what, offer, said) => {
    const { project, run } = await command(offer);

    const { code, stdout, stderr } = await run("--node", "24");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain("    at ");
    await writeFile(join(project, "offer"), "v24.11.0");
    expect((await run("--node", "24")).stdout).toMatch(/^ran /);
  });

  test("refuses a version that is too old", async () => {
    const { run } = await command("v18.20.8");

    const { code, stderr } = await run("--node", "18");
    expect(code).toBe(1);
    expect(stderr).toContain("Node.js 20.19 or later is needed, this is 18.20.8");
  });

  test.each([["--node"], ["--node", "latest"], ["--node=../24"], ["--node", "tests/some"]])(
    "refuses %s %s",
    async (...args) => {
      const { run, calls } = await command();

      const { code, stderr } = await run(...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^--node takes a version such as 24 or 24\.11\.0, not ".*"\n\nUsage: npm test/);
      expect(await calls()).toBe("");
    },
  );
});
