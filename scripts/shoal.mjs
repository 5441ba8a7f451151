#!/usr/bin/env node
// `npx shoal`: installs and builds what is missing, then runs the command. In the production image it is `node dist/cli/main.js`.
import { build, isBuilt, isUpToDate } from "./setup/build.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { areInstalled, installDependencies } from "./setup/dependencies.mjs";
import { readEnvFile } from "./setup/env-file.mjs";
import { runScript } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { say } from "./setup/project.mjs";

await runScript(async () => {
  checkNodeVersion();
  readEnvFile();
  if (!isBuilt() || !areInstalled()) {
    await installDependencies();
    await build();
  } else if (!isUpToDate()) {
    // A server may run on it, and would load the rest of itself from what is new.
    say("dist/ is not of the present sources, and is used as it is: npm run build makes it anew");
  }
});
await importCompiled("dist/cli/main.js");
