// The process of a server under `npm run dev`. It loads the packages at once, the project's code when it is told "load", and answers with
// what went wrong or with nothing; told "run" it serves, and told "end" it answers and stops.
import { readFileSync } from "node:fs";
import { importCompiled } from "../setup/compiled.mjs";
import { inProject } from "../setup/project.mjs";

/** What `dist/main.js` loads; they do nothing by being loaded. */
const LOADED = ["dist/engine/run-instance.js", "dist/engine/worker/single-process.js"];

// A server is not left behind: with nobody to stop it, it stops itself.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));

const { dependencies } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
await Promise.allSettled(Object.keys(dependencies).map((name) => import(name)));

process.on("message", async (order) => {
  if (order === "run") await importCompiled("dist/main.js");
  else if (order === "end") process.send?.("ending", () => process.kill(process.pid, "SIGTERM"));
  else process.send?.(await load());
});

async function load() {
  try {
    for (const path of LOADED) await importCompiled(path);
    return "";
  } catch (error) {
    return error.stack ?? String(error);
  }
}
