// `npm run build`: compiles what has changed, as all other commands do before they run what was compiled.
import { build } from "./setup/build.mjs";
import { runScript } from "./setup/failure.mjs";
import { acceptNoArguments } from "./setup/usage.mjs";

const USAGE = `Usage: npm run build

Compiles src/ to dist/ and client/ to dist/client/, unless dist/ is what the present sources give.
`;

await runScript(async () => {
  acceptNoArguments(process.argv.slice(2), USAGE);
  await build();
});
