import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { evaluate, newProject, node, ROOT } from "../support/setup-project.js";

describe("the package sources of a newer release", () => {
  const rewriteList = (text: string) =>
    evaluate("apt-sources.mjs", "rewriteList", `rewriteList(${JSON.stringify(text)}, "bookworm", "trixie")`);
  const rewriteStanzas = (text: string) =>
    evaluate(
      "apt-sources.mjs",
      "rewriteStanzas",
      `rewriteStanzas(${JSON.stringify(text)}, "bookworm", "trixie")`,
    );

  test("come from the main entries of a classic list, with their options", async () => {
    const list = [
      "# deb http://commented.example bookworm main",
      "deb http://mirror.example/debian bookworm main contrib non-free-firmware",
      "  deb  [ arch=amd64 signed-by=/k.gpg ]  http://signed.example/debian  bookworm  main",
      "deb-src http://mirror.example/debian bookworm main",
      "deb http://mirror.example/debian bookworm-updates main",
      "deb http://third.example/debian bookworm stable",
      "deb cdrom:[Debian]/ bookworm main",
    ].join("\n");

    expect(await rewriteList(list)).toBe(
      "deb [target=Packages] http://mirror.example/debian trixie main\n" +
        "deb [arch=amd64 signed-by=/k.gpg target=Packages] http://signed.example/debian trixie main\n",
    );
  });

  test("come from the main stanzas of a deb822 file, with an embedded key", async () => {
    const stanzas = `# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
# another
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main
`;

    expect(await rewriteStanzas(stanzas)).toBe(`types: deb
uris: http://mirror.example/debian
suites: trixie
components: main
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
targets: Packages
`);
  });

  test("are none where there is no entry of the present release", async () => {
    expect(await rewriteList("")).toBe("");
    expect(await rewriteStanzas("")).toBe("");
  });
});

describe("the check of the Node.js version", () => {
  const isAccepted = (version: string) =>
    evaluate(
      "node-version.mjs",
      "checkNodeVersion",
      `(() => { try { checkNodeVersion("${version}"); return true } catch (error) { return error.message } })()`,
    );

  test.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("accepts %s", async (version) => {
    expect(await isAccepted(version)).toBe(true);
  });

  test.each(["20.18.3", "19.99.0", "18.20.0"])("refuses %s and says what is needed", async (version) => {
    expect(await isAccepted(version)).toContain(`Node.js 20.19 or later is needed, this is ${version}`);
  });
});

describe("the arguments of npm start", () => {
  test("--help prints the usage with the main variables, and does nothing else", async () => {
    const project = await newProject({});
    const { code, stdout, stderr } = await node(project, ["scripts/start.mjs", "--help"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: npm start\n/);
    for (const name of ["PORT", "WORKERS", "MONGODB_URI", "DATA_DIR", "REDIS_URL"])
      expect(stdout).toContain(name);
    expect(existsSync(join(project, "node_modules"))).toBe(false);
  });

  test("an unknown one is refused with the usage and exit code 2", async () => {
    const { code, stdout, stderr } = await node(await newProject({}), ["scripts/start.mjs", "--port=1"]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Unknown argument: --port=1\n\nUsage: npm start\n/);
  });
});

describe("a script whose words nobody gets", () => {
  const TELLING = `
    const { runScript } = await import("./scripts/setup/failure.mjs");
    const { say } = await import("./scripts/setup/project.mjs");
    await runScript(async () => {
      for (const line of ["one", "two"]) {
        say(line);
        console.log(line);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    (await import("node:fs")).writeFileSync("done", "");`;

  test.each([
    ["on a full disk", "2> /dev/full > /dev/full"],
    ["to a reader that has gone", "2> >(exec true) > >(exec true)"],
  ])("goes on: %s", async (_what, redirection) => {
    const project = await newProject({ "telling.mjs": TELLING });
    const command = `"$@" ${redirection}`;

    await promisify(execFile)("bash", ["-c", command, "bash", process.execPath, "telling.mjs"], {
      cwd: project,
    });

    expect(existsSync(join(project, "done"))).toBe(true);
  });
});

describe("the build", () => {
  const BUILD = [
    "--input-type=module",
    "--eval",
    'await (await import("./scripts/setup/build.mjs")).build()',
  ];

  async function newSources(): Promise<string> {
    const project = await newProject({
      "package.json": '{"type":"module"}',
      "package-lock.json": "{}",
      "tsconfig.json": await readFile(join(ROOT, "tsconfig.json"), "utf8"),
      "src/first.ts": "export const first = 1;\n",
      "src/below/second.ts": "export const second = 2;\n",
      "client/tsconfig.json": await readFile(join(ROOT, "client/tsconfig.json"), "utf8"),
      "client/third.ts": "export const third = 3;\n",
    });
    await symlink(join(ROOT, "node_modules"), join(project, "node_modules"));
    return project;
  }

  test("is silent and leaves everything alone when nothing has changed", async () => {
    const project = await newSources();
    expect((await node(project, BUILD)).stderr).toBe("> building (tsc)\n");

    expect(await node(project, BUILD)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("puts right what was deleted, changed or compiled by others, and removes the output of deleted sources", async () => {
    const project = await newSources();
    await node(project, BUILD);
    await rm(join(project, "dist/below/second.js"));
    await writeFile(join(project, "dist/first.js"), "changed");
    await writeFile(join(project, "dist/stale.js"), "stale");
    await writeFile(join(project, "dist/client/third.d.ts"), "changed");
    await writeFile(join(project, "dist/client/stale.d.ts"), "stale");

    expect((await node(project, BUILD)).code).toBe(0);

    expect(await readFile(join(project, "dist/first.js"), "utf8")).toContain("first = 1");
    expect(await readFile(join(project, "dist/below/second.js"), "utf8")).toContain("second = 2");
    expect(existsSync(join(project, "dist/stale.js"))).toBe(false);
    expect(await readFile(join(project, "dist/client/third.js"), "utf8")).toContain("third = 3");
    expect(await readFile(join(project, "dist/client/third.d.ts"), "utf8")).toContain("third");
    expect(existsSync(join(project, "dist/client/stale.d.ts"))).toBe(false);
    await rm(join(project, "src/below/second.ts"));
    expect((await node(project, BUILD)).code).toBe(0);
    expect(existsSync(join(project, "dist/below/second.js"))).toBe(false);
  });

  test("fails with what the compiler says, and fails again as long as the error is there", async () => {
    const project = await newSources();
    await writeFile(join(project, "src/first.ts"), "export const first: string = 1;\n");

    for (const attempt of [1, 2]) {
      const { code, stdout } = await node(project, BUILD);
      expect([attempt, code]).toEqual([attempt, 1]);
      expect(stdout).toContain("src/first.ts(1,14): error TS2322");
    }
  });
});

describe("the check of Redis", () => {
  const CHECK = [
    "--input-type=module",
    "--eval",
    'const { runScript } = await import("./scripts/setup/failure.mjs");' +
      'await runScript((await import("./scripts/setup/redis.mjs")).ensureRedis);',
  ];

  async function checkWith(version: string) {
    const project = await newProject({});
    const bin = join(project, "bin");
    await mkdir(bin);
    const program = `#!/bin/sh\necho "Redis server v=${version} sha=00000000:0 bits=64"\n`;
    for (const name of ["redis-server", "redis-cli"])
      await writeFile(join(bin, name), program, { mode: 0o755 });
    return node(project, CHECK, { PATH: bin });
  }

  test.each(["7.0.15", "8.2.1", "10.0.0"])("is silent about version %s", async (version) => {
    expect(await checkWith(version)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("refuses version 6, and says which one is needed", async () => {
    const { code, stderr } = await checkWith("6.2.14");

    expect(code).toBe(1);
    expect(stderr).toBe("redis-server is 6.2.14, but the tests need Redis 7 or later on the PATH\n");
  });
});

describe("the check of Chromium", () => {
  test.each(["chromium", "google-chrome-stable"])("is silent where %s can be run", async (name) => {
    const project = await newProject({});
    const bin = join(project, "bin");
    await mkdir(bin);
    await writeFile(join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
    const check = 'await (await import("./scripts/setup/chromium.mjs")).ensureChromium()';

    expect(await node(project, ["--input-type=module", "--eval", check], { PATH: bin })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });
});
