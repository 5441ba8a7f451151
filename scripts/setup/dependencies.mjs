import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { SetupFailure } from "./failure.mjs";
import { npm } from "./npm.mjs";
import { inProject, readIfThere, say } from "./project.mjs";

const LOCK = inProject("package-lock.json");
// npm writes this one last, and deletes it first.
const INSTALLED_LOCK = inProject("node_modules", ".package-lock.json");
const STAMP = inProject("node_modules", ".shoal-stamp");
// Platform packages are among the dependencies: a copied folder may hold those of another machine.
const PLATFORM = `${process.platform} ${process.arch}`;

/**
 * Installs the dependencies unless those of the present package-lock.json are there.
 * @throws {SetupFailure} when npm fails.
 */
export async function installDependencies() {
  const lock = readFileSync(LOCK, "utf8");
  const wanted = `${PLATFORM} ${createHash("sha256").update(lock).digest("hex")}`;
  const found = readIfThere(STAMP);
  const installed = readIfThere(INSTALLED_LOCK);
  if (installed !== undefined && found === wanted) return;
  const byHand = installed !== undefined && (found ?? PLATFORM).startsWith(PLATFORM);
  if (!byHand || !isInstalled(JSON.parse(lock), JSON.parse(installed))) await install();
  writeFileSync(STAMP, wanted);
}

/** Whether dependencies are there in full, of whatever package-lock.json. */
export function areInstalled() {
  return existsSync(INSTALLED_LOCK);
}

/** True when someone ran npm already and all that the lock file names is there, optional packages aside. */
function isInstalled(lock, installed) {
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed.packages[path];
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && existsSync(inProject(path, "package.json"));
  });
}

/** How many of the packages are there, in words. */
function installed() {
  const paths = Object.keys(JSON.parse(readFileSync(LOCK, "utf8")).packages).filter((path) => path !== "");
  const there = paths.filter((path) => existsSync(inProject(path, "package.json")));
  return `${there.length} of ${paths.length} packages`;
}

async function install() {
  say("installing dependencies (npm ci)");
  // Development dependencies also where NODE_ENV says production: the compiler is one.
  let result = await npm(["ci", "--include=dev"], installed);
  if (/\bEUSAGE\b/.test(result.output)) {
    say("package-lock.json does not agree with package.json, so that newer versions may come (npm install)");
    result = await npm(["install", "--no-save", "--include=dev"], installed);
  }
  if (result.code === 0) return;
  throw new SetupFailure(
    `${result.output.trim()}\nThe dependencies could not be installed. If the registry cannot be reached, ` +
      "check the network and: npm config get registry",
  );
}
