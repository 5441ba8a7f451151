#!/usr/bin/env node
// `npx shoal`: installs and builds what is missing, then runs the command. In the production image it is `node dist/cli/main.js`.
import { build } from "./setup/build.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { readEnvFile } from "./setup/env-file.mjs";
import { runScript } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";

await runScript(async () => {
  checkNodeVersion();
  readEnvFile();
  await installDependencies();
  await build();
});
await importCompiled("dist/cli/main.js");
