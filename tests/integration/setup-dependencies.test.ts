import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spawnProgram } from "../support/child.js";
import { newProject, node, type Run } from "../support/setup-project.js";

describe("the installation of dependencies", () => {
  const INSTALL = [
    "--input-type=module",
    "--eval",
    'const { runScript } = await import("./scripts/setup/failure.mjs");' +
      'await runScript((await import("./scripts/setup/dependencies.mjs")).installDependencies);',
  ];
  // Notes how it is called and installs nothing but its own note of the installation, as the real one does last.
  const NPM = `const fs = require("node:fs");
    fs.appendFileSync("calls", process.argv[2] + "\\n");
    if (process.argv[2] === "ci" && fs.existsSync("disagreement")) { console.error("npm error code EUSAGE"); process.exit(1); }
    if (fs.existsSync("outage")) { console.error("npm error network"); process.exit(1); }
    fs.mkdirSync("node_modules/a", { recursive: true });
    fs.writeFileSync("node_modules/a/package.json", "{}");
    const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
    delete lock.packages["node_modules/b"]; // optional, and not for this platform
    fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify(lock));`;
  const lock = (version: string) =>
    JSON.stringify({
      packages: { "": {}, "node_modules/a": { version }, "node_modules/b": { version, optional: true } },
    });

  async function newInstallation(): Promise<{
    project: string;
    install(): Promise<Run>;
    calls(): Promise<string[]>;
  }> {
    const project = await newProject({ "package-lock.json": lock("1.0.0"), "npm-cli.js": NPM, calls: "" });
    return {
      project,
      install: () => node(project, INSTALL, { npm_execpath: join(project, "npm-cli.js") }),
      calls: async () => (await readFile(join(project, "calls"), "utf8")).split("\n").filter(Boolean),
    };
  }

  test("happens once, and again when package-lock.json changes", async () => {
    const { project, install, calls } = await newInstallation();
    expect((await install()).stderr).toBe("> installing dependencies (npm ci)\n");
    expect(await install()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await calls()).toEqual(["ci"]);

    await writeFile(join(project, "package-lock.json"), lock("1.0.1"));
    await install();
    await install();

    expect(await calls()).toEqual(["ci", "ci"]);
  });

  test("does not happen when somebody has run npm by hand, and does when that was for another platform", async () => {
    const { project, install, calls } = await newInstallation();
    await node(project, ["npm-cli.js", "install"]);
    await install();
    expect(await calls()).toEqual(["install"]);

    await writeFile(join(project, "node_modules/.shoal-stamp"), "plan9 mips 123");
    await install();

    expect(await calls()).toEqual(["install", "ci"]);
  });

  test("happens again when it was cut short", async () => {
    const { project, install, calls } = await newInstallation();
    await install();
    await rm(join(project, "node_modules/.package-lock.json"));

    await install();

    expect(await calls()).toEqual(["ci", "ci"]);
  });

  test("falls back to npm install, and says so, when package-lock.json does not agree with package.json", async () => {
    const { project, install, calls } = await newInstallation();
    await writeFile(join(project, "disagreement"), "");

    const { code, stderr } = await install();

    expect(code).toBe(0);
    expect(await calls()).toEqual(["ci", "install"]);
    expect(stderr).toContain("package-lock.json does not agree with package.json");
  });

  test("fails with npm's own words and a hint, and is tried again the next time", async () => {
    const { project, install, calls } = await newInstallation();
    await writeFile(join(project, "outage"), "");

    const { code, stderr } = await install();

    expect(code).toBe(1);
    expect(stderr).toMatch(/npm error network\nThe dependencies could not be installed\./);
    await install();
    expect(await calls()).toEqual(["ci", "ci"]);
  });

  test("that takes a while shows on a terminal how long and how far, and leaves nothing of it behind", async () => {
    const { project } = await newInstallation();
    // Longer than the patience of the display, whatever the machine does.
    const slow = `setTimeout(() => { ${NPM.replaceAll("const ", "var ")} }, 3500);`;
    await writeFile(join(project, "npm-cli.js"), slow);
    const script = `${INSTALL[2]}; console.log("done");`;
    await writeFile(join(project, "install.mjs"), script);
    const command = `exec '${process.execPath}' install.mjs`;

    const child = await spawnProgram("script", {
      args: ["--quiet", "--return", "--flush", "--command", command, "/dev/null"],
      cwd: project,
      env: { npm_execpath: join(project, "npm-cli.js"), TERM: "xterm" },
    });

    expect(await child.exited).toEqual({ code: 0, signal: null });
    const text = child.lines.map((line) => line.text).join("\n");
    const seen = text.replaceAll("\r\u001b[K", "<cleared>");
    expect(seen).toMatch(/> installing dependencies \(npm ci\)\r?\n<cleared>> \d+ s, 0 of 2 packages/);
    expect(seen).toMatch(/packages<cleared>done/);
  });
});
