import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onEnd } from "./cleanup.js";
import { distFile, fixture } from "./program-path.js";
import { PROJECT } from "./readme.js";

/** A copy of the built program. */
export interface ChangedProgram {
  /** Its main file. */
  readonly main: string;
  /** Puts a file of tests/fixtures/ in the place of a feature. */
  change(feature: string, file: string): Promise<void>;
}

export async function changedProgram(): Promise<ChangedProgram> {
  // Within the project, where packages are found.
  const folder = await mkdtemp(join(PROJECT, ".cache", "changed-"));
  const dist = join(folder, "dist");
  onEnd(() => rm(folder, { recursive: true, force: true }));
  await cp(dirname(distFile("main.js")), dist, { recursive: true });
  for (const name of ["package.json", "public"])
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  return {
    main: join(dist, "main.js"),
    change: (feature, file) => copyFile(fixture(file), join(dist, "app", feature, `${feature}.feature.js`)),
  };
}

/** The main file of a copy of the built program, with tests/fixtures/bans.feature.mjs as its feature `access`. */
export async function banProgram(): Promise<string> {
  const { main, change } = await changedProgram();
  await change("access", "bans.feature.mjs");
  return main;
}
