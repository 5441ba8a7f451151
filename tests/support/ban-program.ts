import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onEnd } from "./cleanup.js";
import { distFile, fixture } from "./program-path.js";
import { PROJECT } from "./readme.js";

/** The main file of a copy of the built program, with tests/fixtures/bans.feature.mjs as its feature `access`. */
export async function banProgram(): Promise<string> {
  // Within the project, where packages are found.
  const folder = await mkdtemp(join(PROJECT, ".cache", "bans-"));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  await cp(dirname(distFile("main.js")), join(folder, "dist"), { recursive: true });
  for (const name of ["package.json", "public"])
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  await copyFile(fixture("bans.feature.mjs"), join(folder, "dist", "app", "access", "access.feature.js"));
  return join(folder, "dist", "main.js");
}
