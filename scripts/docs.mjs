// `npm run docs`: writes what is documented from the declarations.
import { writeFileSync } from "node:fs";
import { build } from "./setup/build.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject } from "./setup/project.mjs";

await runScript(async () => {
  checkNodeVersion();
  await installDependencies();
  await build();
  const { createConnection } = await import("mongoose");
  const { generatedFiles } = await import("../dist/generated/generated-files.js");
  for (const [path, text] of Object.entries(generatedFiles(createConnection()))) {
    writeFileSync(inProject(path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
});
