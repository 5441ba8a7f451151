import { join } from "node:path";
import { spawnProgram } from "../support/child.js";
import { newProject } from "../support/setup-project.js";
import { eventually } from "../support/wait.js";

/** A script that npm runs, as far as the script sees it: below a shell below a program. Resolves when it is up. */
async function launch() {
  const project = await newProject({
    "script.mjs": `import { endWithLauncher } from "./scripts/setup/launcher.mjs";
      endWithLauncher();
      console.log("up");
      setInterval(() => {}, 1000);`,
  });
  const command = `"${process.execPath}" ${join(project, "script.mjs")}; exit $?`;
  const code = `require("node:child_process").spawn("sh", ["-c", ${JSON.stringify(command)}], { stdio: "inherit" });`;
  const npm = await spawnProgram(process.execPath, {
    args: ["--eval", code],
    env: { npm_lifecycle_event: "start" },
  });
  await npm.waitForLine(({ text }) => text === "up");
  return npm;
}

test.each([
  ["npm is killed", /--eval/],
  ["the shell below npm is killed", /^sh /],
])("a script ends when %s", async (_what, killed) => {
  const npm = await launch();
  const all = npm.family();
  expect(all).toHaveLength(3);

  for (const { pid, command } of all) if (killed.test(command)) process.kill(pid, "SIGKILL");

  await eventually(() =>
    expect(npm.family().filter(({ command }) => /script\.mjs$/.test(command))).toEqual([]),
  );
});
