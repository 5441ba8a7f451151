import { aptInstallWithoutService, aptUpdate, rootCommand } from "./apt-install.mjs";
import { outputOf } from "./command.mjs";
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

async function install(become) {
  say("installing redis-server (apt-get), for the tests");
  await refuseOldCandidate(become);
  const { code, output } = await aptInstallWithoutService(become, "redis-server", SYSTEMD_UNIT);
  if (code !== 0)
    throw new SetupFailure(`${output.trim()}\napt-get install redis-server failed: ${wanted()}`);
}

/** Better no installation than one that does not serve; a machine without package lists gets them first. */
async function refuseOldCandidate(become) {
  const candidate = () =>
    /Candidate: (?:\d+:)?(\d[\d.]*)/.exec(outputOf("apt-cache", ["policy", "redis-server"]) ?? "")?.[1];
  if (candidate() === undefined) await aptUpdate(become);
  const version = candidate();
  if (version !== undefined && !isUsable(version)) {
    throw new SetupFailure(`apt offers redis-server ${version}, but ${NEED}`);
  }
}
