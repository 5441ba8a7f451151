// `npm run dev`: the server, with each change served as soon as it is saved: scripts/dev/loop.mjs.
import { ECHO_MS, SIGNALS } from "./setup/command.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { readEnvFile } from "./setup/env-file.mjs";
import { runScript } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { acceptNoArguments } from "./setup/usage.mjs";

const USAGE = `Usage: npm run dev

Runs the server as npm start does (see npm start -- --help), in one process unless WORKERS says more, and serves each change
below src/ once its types are right; until then the old code serves on. The embedded MongoDB runs through. What is below
public/ needs no restart, what is below client/ only a reload of the page.
`;

/** The first signal ends all in good order, a second one at once. */
function endOnSignals(stop) {
  let firstAt;
  const end = async () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      process.exit(await stop());
    } else if (performance.now() - firstAt > ECHO_MS) process.exit(1); // what it has started sees its end
  };
  for (const signal of SIGNALS) process.on(signal, end);
}

await runScript(async () => {
  acceptNoArguments(process.argv.slice(2), USAGE);
  checkNodeVersion();
  endWithLauncher();
  const fromFile = readEnvFile();
  process.env.WORKERS ||= "1";
  await installDependencies();
  const { startLoop } = await import("./dev/loop.mjs");
  const loop = startLoop(fromFile);
  endOnSignals(loop.stop);
  try {
    await loop.failed;
  } catch (error) {
    await loop.stop();
    throw error;
  }
});
