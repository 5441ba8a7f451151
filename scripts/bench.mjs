// `npm run bench`: measures Shoal against the plain way of doing the same, both sides in one run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, runTsc } from "./setup/build.mjs";
import { prepareCLibrary } from "./setup/c-library.mjs";
import { runCommand } from "./setup/command.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript, SetupFailure } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject } from "./setup/project.mjs";
import { acceptNoArguments } from "./setup/usage.mjs";

const USAGE = `Usage: npm run bench

Measures publishing with group commit against one insert per message, on an embedded MongoDB of its own, and prints a
table of ratios. Takes about two minutes; results go to .cache/bench/publish.json too.
`;
const OUTPUT = inProject(".cache", "bench");

async function main() {
  await installDependencies();
  await build();
  await prepareCLibrary();
  if ((await runTsc(["-p", "bench"])).code !== 0) throw new SetupFailure("The build failed, see above");

  const { createEmbeddedMongodb } = await import("../dist/embedded-mongodb/embedded-mongodb.js");
  const { createLogger } = await import("../dist/logger.js");
  const dataDir = mkdtempSync(join(tmpdir(), "shoal-bench-"));
  const mongodb = createEmbeddedMongodb({ dataDir, log: createLogger("error") });
  try {
    await mongodb.start();
    const program = join(OUTPUT, "bench", "main.js");
    const { code } = await runCommand(process.execPath, [program, mongodb.uri(), OUTPUT], {
      cwd: inProject(),
    });
    if (code !== 0) throw new SetupFailure("", code ?? 1);
  } finally {
    await mongodb.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await runScript(async () => {
  acceptNoArguments(process.argv.slice(2), USAGE);
  checkNodeVersion();
  endWithLauncher();
  await main();
});
