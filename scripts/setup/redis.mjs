import { existsSync } from "node:fs";
import { outputOf, runCommand } from "./command.mjs";
import { currentDistribution } from "./distribution.mjs";
import { SetupFailure } from "./failure.mjs";
import { say } from "./project.mjs";

/** Sharded pub/sub came with Redis 7. */
const REQUIRED_MAJOR = 7;
const NEED = `the tests need Redis ${REQUIRED_MAJOR} or later on the PATH`;
const SYSTEMD_UNIT = "redis-server.service";

/**
 * Makes sure that redis-server and redis-cli are on the PATH, which the tests run; installs them where that
 * is allowed (Debian and Ubuntu, as root or with sudo that asks for no password). No service is left running.
 * @throws {SetupFailure} that says exactly what to install.
 */
export async function ensureRedis() {
  const version = redisVersion();
  if (isUsable(version)) return;
  if (version !== undefined) throw new SetupFailure(`redis-server is ${version}, but ${NEED}`);
  const become = rootCommand();
  if (!currentDistribution().usesApt || become === undefined) {
    throw new SetupFailure(`redis-server and redis-cli are missing: ${wanted()}`);
  }
  await install(become);
  if (!isUsable(redisVersion()))
    throw new SetupFailure(`redis-server cannot be run after its installation: ${wanted()}`);
}

function redisVersion() {
  const server = outputOf("redis-server", ["--version"]);
  if (server === undefined || outputOf("redis-cli", ["--version"]) === undefined) return undefined;
  return /v=(\d[\d.]*)/.exec(server)?.[1] ?? "of an unknown version";
}

function isUsable(version) {
  return Number.parseInt(version, 10) >= REQUIRED_MAJOR;
}

function wanted() {
  const need = `${NEED}. Install it with`;
  if (process.platform === "darwin") return `${need}: brew install redis`;
  if (currentDistribution().usesApt)
    return `${need}: sudo apt-get install -y --no-install-recommends redis-server`;
  if (currentDistribution().id === "alpine") return `${need}: apk add redis`;
  return `${need} your system's package manager (package redis or redis-server)`;
}

/** What to put before a command so that root runs it; undefined when that would need a password. */
function rootCommand() {
  if (process.getuid?.() === 0) return [];
  return outputOf("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

async function install(become) {
  say("installing redis-server (apt-get), for the tests");
  const asRoot = async (...command) => {
    // RUNLEVEL=1: where there is no systemd, invoke-rc.d starts no service.
    const all = [...become, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "LC_ALL=C", ...command];
    return runCommand(all[0], all.slice(1), { quiet: true });
  };
  const hasSystemd = existsSync("/run/systemd/system");
  // Until the next boot at most, should this be killed before it is undone.
  if (hasSystemd) await asRoot("systemctl", "mask", "--runtime", SYSTEMD_UNIT);
  try {
    await aptInstall(asRoot);
  } finally {
    if (hasSystemd) {
      await asRoot("systemctl", "unmask", "--runtime", SYSTEMD_UNIT);
      await asRoot("systemctl", "disable", SYSTEMD_UNIT);
    }
  }
}

async function aptInstall(asRoot) {
  await refuseOldCandidate(asRoot);
  const options = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"];
  const attempt = () =>
    asRoot("apt-get", ...options, "install", "-y", "--no-install-recommends", "redis-server");
  let result = await attempt();
  if (result.code !== 0) {
    // The lists may name files that the mirror has replaced meanwhile.
    await asRoot("apt-get", ...options, "update");
    result = await attempt();
  }
  if (result.code !== 0)
    throw new SetupFailure(`${result.output.trim()}\napt-get install redis-server failed: ${wanted()}`);
}

/** Better no installation than one that does not serve; a machine without package lists gets them first. */
async function refuseOldCandidate(asRoot) {
  const candidate = () =>
    /Candidate: (?:\d+:)?(\d[\d.]*)/.exec(outputOf("apt-cache", ["policy", "redis-server"]) ?? "")?.[1];
  if (candidate() === undefined) await asRoot("apt-get", "update");
  const version = candidate();
  if (version !== undefined && !isUsable(version)) {
    throw new SetupFailure(`apt offers redis-server ${version}, but ${NEED}`);
  }
}
