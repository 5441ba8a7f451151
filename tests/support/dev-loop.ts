import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../tools/shared/ports.js";
import { type Child, spawnProgram } from "./child.js";
import { type Line, logged } from "./line-log.js";
import { ROOT } from "./setup-project.js";
import { tempDir } from "./temp-dir.js";
import { eventually } from "./wait.js";

const COPIED = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts",
  "src",
  "client",
  "public",
  "dist",
];
const SOURCE = "src/app/hello/hello.feature.ts";
export const OLD_CODE_SERVES = /what was served before serves on/;
/** For a round of the compiler, or the start of a server: machine's time. */
export const ROUND = { withinMs: 60_000 };

/** `npm run dev` in a copy of the project. */
export interface DevLoop {
  readonly project: string;
  readonly dev: Child;
  readonly url: string;
  /** The text of the source that has the greeting, as it is in the project. */
  readonly source: string;
  readonly sourcePath: string;
  /** Writes that source. */
  change(text: string): Promise<void>;
  /** The source with another greeting. */
  greetingOf(message: string): string;
  greeting(): Promise<unknown>;
  isServed(message: string): Promise<void>;
  linesAfter(start: Line | undefined): Line[];
}

/** Starts it and waits until it serves. */
export async function startDevLoop(env: Readonly<Record<string, string>> = {}): Promise<DevLoop> {
  const loop = await runDevLoop(await newDevProject(), env);
  await loop.dev.waitForLine(logged("ready"), ROUND);
  return loop;
}

/** A copy of the project. */
export async function newDevProject(): Promise<string> {
  const project = await tempDir("dev");
  for (const name of COPIED) await cp(join(ROOT, name), join(project, name), { recursive: true });
  if (existsSync(join(ROOT, ".cache"))) await symlink(join(ROOT, ".cache"), join(project, ".cache"));
  await linkPackages(project);
  return project;
}

/** Starts it in such a copy. */
export async function runDevLoop(
  project: string,
  env: Readonly<Record<string, string>> = {},
): Promise<DevLoop> {
  const sourcePath = join(project, SOURCE);
  const source = await readFile(sourcePath, "utf8");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dev = await spawnProgram(process.execPath, {
    args: ["scripts/dev.mjs"],
    cwd: project,
    env: {
      PORT: String(port),
      ADMIN_PORT: "0",
      DATA_DIR: join(project, "data"),
      TMPDIR: await tempDir("tmp"),
      ...env,
    },
    stopWithinMs: 30_000,
  });

  async function greeting(): Promise<unknown> {
    const response = await fetch(`${url}/hello`);
    return ((await response.json()) as { message: unknown }).message;
  }

  return {
    project,
    dev,
    url,
    source,
    sourcePath,
    change: (text) => writeFile(sourcePath, text),
    greetingOf: (message) => source.replace("Hello from Shoal", message),
    greeting,
    isServed: (message) => eventually(async () => expect(await greeting()).toBe(message), ROUND),
    linesAfter: (start) => dev.lines.filter(({ number }) => number > (start?.number ?? -1)),
  };
}

/** In a folder of its own: an installation there would empty the one of this project. */
async function linkPackages(project: string): Promise<void> {
  const installed = join(project, "node_modules");
  await mkdir(installed);
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    const isNote = name.startsWith(".") && name !== ".bin";
    const path = join(ROOT, "node_modules", name);
    await (isNote
      ? cp(path, join(installed, name), { recursive: true })
      : symlink(path, join(installed, name)));
  }
}
