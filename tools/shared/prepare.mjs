import { existsSync, symlinkSync } from "node:fs";
import { runTsc } from "../../scripts/setup/build.mjs";
import { installDependencies } from "../../scripts/setup/dependencies.mjs";
import { SetupFailure } from "../../scripts/setup/failure.mjs";
import { endWithLauncher } from "../../scripts/setup/launcher.mjs";
import { checkNodeVersion } from "../../scripts/setup/node-version.mjs";
import { inProject } from "../../scripts/setup/project.mjs";

/** What every tool needs before it can be compiled. @throws {SetupFailure} when this Node.js is too old. */
export async function prepareTool() {
  checkNodeVersion();
  endWithLauncher();
  await installDependencies();
}

/**
 * Compiles tools/NAME into .cache/NAME, a folder of its own, as two tools may be compiled at the same time. `linked` are
 * paths of the project that the compiled program looks for where its sources would.
 * @throws {SetupFailure} when the compiler finds errors; it has printed them.
 */
export async function compileTool(name, ...linked) {
  const { code } = await runTsc(["-p", `tools/${name}`]);
  if (code !== 0) throw new SetupFailure(`tools/${name} does not compile, see above`);
  for (const path of linked) {
    const link = inProject(".cache", name, path);
    if (!existsSync(link)) symlinkSync(inProject(path), link);
  }
}
