// `npm start`: everything from a fresh clone to a running server. The server runs in this very process, so
// that signals and exit codes are its own.
import { build } from "./setup/build.mjs";
import { prepareCLibrary } from "./setup/c-library.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { readEnvFile, tellUnknownVariables } from "./setup/env-file.mjs";
import { runScript } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { acceptNoArguments } from "./setup/usage.mjs";

const USAGE = `Usage: npm start

Installs and builds what is missing, then runs Shoal until SIGTERM or Ctrl-C.

Main variables, from the environment or the file .env (docs/configuration.md has all of them):
  PORT         port of HTTP and Socket.IO, default 3000
  WORKERS      worker processes, default one per processor
  MONGODB_URI  MongoDB to use; without it an embedded one runs, except with NODE_ENV=production
  DATA_DIR     directory of the embedded MongoDB, default ./data
  REDIS_URL    Redis that joins several instances
  LOG_LEVEL    fatal, error, warn, info (default), debug, trace or silent
`;

await runScript(async () => {
  acceptNoArguments(process.argv.slice(2), USAGE);
  checkNodeVersion();
  endWithLauncher();
  const fromFile = readEnvFile();
  await installDependencies();
  await build();
  await tellUnknownVariables(fromFile);
  if (!process.env.MONGODB_URI && process.env.NODE_ENV !== "production") await prepareCLibrary();
});
await importCompiled("dist/main.js");
