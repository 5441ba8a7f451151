import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { downloadPackages } from "./apt-download.mjs";
import { outputOf, runCommand } from "./command.mjs";
import { importCompiled } from "./compiled.mjs";
import { SetupFailure } from "./failure.mjs";
import { inProject, say } from "./project.mjs";

const CACHE = inProject(".cache");
const PACKAGES = ["libc6", "libgcc-s1", "libstdc++6"];

/**
 * Lays the newer C library that the embedded MongoDB needs on older Linux systems into the project's cache,
 * where only the database's own process uses it; the system stays as it is. Does nothing where it is not
 * needed or there already. Several runs at once do not disturb each other.
 * @throws {SetupFailure} when it cannot be had and no `mongod` could serve instead.
 */
export async function prepareCLibrary() {
  if (!existsSync(inProject("node_modules", "@0q", "embedded-mongodb"))) return; // left out on purpose
  // The server's own decision, as it is compiled.
  /** @type {typeof import("../../src/dev/embedded-mongodb/c-library.js")} */
  const library = await importCompiled("dist/dev/embedded-mongodb/c-library.js");
  const { cachedCLibrary, needsNewerCLibrary, REQUIRED_GLIBC } = library;
  /** @type {typeof import("../../src/dev/embedded-mongodb/machine.js")} */
  const { currentMachine } = await importCompiled("dist/dev/embedded-mongodb/machine.js");
  const machine = currentMachine();
  const cached = cachedCLibrary(CACHE, machine.arch);
  if (!needsNewerCLibrary(machine) || (cached !== undefined && existsSync(cached.loader))) return;

  const need = `The embedded MongoDB needs glibc ${REQUIRED_GLIBC}, this machine has ${machine.glibcVersion}`;
  say(
    `fetching a newer C library for the embedded MongoDB into .cache/glibc (this machine has ${machine.glibcVersion})`,
  );
  try {
    await fetchInto(cachedCLibrary, machine.arch);
  } catch (error) {
    if (!(error instanceof SetupFailure) || error.message === "") throw error;
    if (outputOf("mongod", ["--version"]) !== undefined)
      return say(`${error.message}; mongod serves instead`);
    throw new SetupFailure(
      `${need}, and a newer one could not be fetched: ${error.message}\n` +
        "Set MONGODB_URI to a MongoDB of yours, or start one with: docker compose up",
    );
  }
}

async function fetchInto(cachedCLibrary, arch) {
  removeAbandoned();
  // Complete under another name first, so that nobody ever sees a part of it.
  const draft = join(CACHE, "glibc", `.draft-${process.pid}-${randomBytes(4).toString("hex")}`);
  const downloads = join(draft, "apt");
  mkdirSync(downloads, { recursive: true });
  try {
    for (const file of await downloadPackages(PACKAGES, downloads))
      await unpack(file, join(draft, "glibc", arch));
    await tryOut(cachedCLibrary(draft, arch));
    const { loader } = cachedCLibrary(CACHE, arch);
    publish(join(draft, "glibc", arch), join(CACHE, "glibc", arch), loader);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function unpack(file, directory) {
  mkdirSync(directory, { recursive: true });
  const { code, output } = await runCommand("dpkg", ["-x", file, directory], { quiet: true });
  if (code !== 0) throw new SetupFailure(`dpkg -x failed: ${output.trim()}`);
}

async function tryOut({ loader, libraryPath }) {
  const args = ["--library-path", libraryPath, process.execPath, "--version"];
  const { code, output } = await runCommand(loader, args, { quiet: true });
  if (code !== 0) throw new SetupFailure(`Node.js does not run with it: ${output.trim()}`);
}

function publish(from, to, loader) {
  if (!existsSync(loader)) rmSync(to, { recursive: true, force: true }); // somebody has deleted a part of it
  try {
    renameSync(from, to);
  } catch (error) {
    // Another run was first, with the same result.
    if (!existsSync(loader)) throw error;
  }
}

/** Removes what runs that were killed have left. */
function removeAbandoned() {
  const directory = join(CACHE, "glibc");
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) {
    const pid = /^\.draft-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
