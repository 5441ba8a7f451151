// `npm run docs`: writes what is documented from the declarations.
import { writeFileSync } from "node:fs";
import { build } from "./setup/build.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject } from "./setup/project.mjs";

await runScript(async () => {
  checkNodeVersion();
  await installDependencies();
  await build();
  const { createConnection } = await import("mongoose");
  /** @type {typeof import("../src/generated/generated-files.js")} */
  const { generatedFiles } = await importCompiled("dist/generated/generated-files.js");
  for (const [path, text] of Object.entries(generatedFiles(createConnection()))) {
    writeFileSync(inProject(path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
});
