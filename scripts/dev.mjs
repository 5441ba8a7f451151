// `npm run dev`: runs start.mjs, and runs it anew after each change. nodemon only watches: its own way to
// restart signals all processes of the server, and the first one twice, which means "end at once" there.
import { spawn } from "node:child_process";
import { relative } from "node:path";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject, say } from "./setup/project.mjs";
import { acceptNoArguments } from "./setup/usage.mjs";

const USAGE = `Usage: npm run dev

Runs the server as npm start does (see npm start -- --help), and runs it anew whenever something below src/, client/ or
public/ changes.
`;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The server's process, one after the other: a new one starts only when the former has ended. */
function createServerRunner() {
  let server;
  let restarting = false;
  let ending = false;

  function run() {
    restarting = false;
    server = spawn(process.execPath, [inProject("scripts", "start.mjs")], {
      cwd: inProject(),
      stdio: "inherit",
      // Out of the terminal's reach, so that Ctrl-C arrives once: through `end`.
      detached: process.platform !== "win32",
    });
    server.once("exit", (code) => {
      server = undefined;
      if (ending) process.exit(code ?? 1);
      if (restarting) run();
      else say("the server has ended, waiting for a change");
    });
  }

  function restart(files = []) {
    say(`restarting, changed: ${files.map((file) => relative(inProject(), file)).join(", ")}`);
    if (server === undefined) return run();
    if (!restarting) server.kill("SIGTERM"); // a second one would cut the stop short
    restarting = true;
  }

  function end() {
    ending = true;
    if (server === undefined) process.exit(0);
    server.kill("SIGTERM");
  }

  return { run, restart, end };
}

async function watch(onChange) {
  const { default: nodemon } = await import("nodemon");
  const watched = ["src", "client", "public"].map((folder) => inProject(folder));
  // It insists on a program to restart.
  const settings = { exec: "node --eval 0", watch: watched, ext: "*", delay: 200, stdin: false, quiet: true };
  // Its types ask for a script, too, which is another way to name the program.
  nodemon(/** @type {import("nodemon").NodemonSettings} */ (settings));
  nodemon.on("restart", onChange);
}

await runScript(async () => {
  acceptNoArguments(process.argv.slice(2), USAGE);
  checkNodeVersion();
  await installDependencies();
  const runner = createServerRunner();
  for (const signal of SIGNALS) process.on(signal, runner.end);
  endWithLauncher();
  runner.run();
  await watch(runner.restart);
});
