import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Exit, spawnProgram } from "./child.js";
import { PROJECT } from "./readme.js";
import { tempDir } from "./temp-dir.js";

/** A folder of somebody else's, with this package, socket.io-client and React installed. */
export async function newConsumer(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await tempDir("consumer");
  const installed = join(folder, "node_modules");
  await mkdir(installed);
  await symlink(PROJECT, join(installed, "shoal"));
  await mkdir(join(installed, "@types"));
  for (const name of ["socket.io-client", "react", "@types/react", "csstype"]) {
    await symlink(join(PROJECT, "node_modules", name), join(installed, name));
  }
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Runs a program of such a folder to its end. */
export async function runIn(folder: string, ...args: string[]): Promise<Exit & { output: string[] }> {
  const child = await spawnProgram(process.execPath, { cwd: folder, args });
  const exit = await child.exited;
  return { ...exit, output: child.lines.map(({ text }) => text) };
}

/** Of a strict TypeScript program there. */
export const CONSUMER_TSCONFIG = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "dom"],
    types: [],
    noEmit: true,
    skipLibCheck: true,
  },
};
