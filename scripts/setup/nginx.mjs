import { spawnSync } from "node:child_process";
import { aptInstallWithoutService, rootCommand } from "./apt-install.mjs";
import { currentDistribution } from "./distribution.mjs";
import { SetupFailure } from "./failure.mjs";
import { say } from "./project.mjs";

/** The oldest version with which nginx/ is tested. */
const REQUIRED = { major: 1, minor: 22 };
const NEED = `nginx ${REQUIRED.major}.${REQUIRED.minor} or later is needed on the PATH`;
const SYSTEMD_UNIT = "nginx.service";

/**
 * Makes sure that nginx is on the PATH, for `npm run stack` and the tests of nginx/; installs it where that is allowed
 * (Debian and Ubuntu, as root or with sudo that asks for no password). No service is left running.
 * @throws {SetupFailure} that says exactly what to install.
 */
export async function ensureNginx() {
  const version = nginxVersion();
  if (isUsable(version)) return;
  if (version !== undefined) throw new SetupFailure(`nginx is ${version}, but ${NEED}`);
  const become = rootCommand();
  if (!currentDistribution().usesApt || become === undefined) {
    throw new SetupFailure(`nginx is missing: ${wanted()}`);
  }
  await install(become);
  if (!isUsable(nginxVersion())) throw new SetupFailure(`nginx cannot be run: ${wanted()}`);
}

/** It prints its version on standard error. */
function nginxVersion() {
  const { error, status, stderr } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) return undefined;
  return /nginx\/(\d+\.\d+\.\d+)/.exec(stderr)?.[1] ?? "of an unknown version";
}

function isUsable(version = "") {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > REQUIRED.major || (major === REQUIRED.major && minor >= REQUIRED.minor);
}

function wanted() {
  const need = `${NEED}. Install it with`;
  if (process.platform === "darwin") return `${need}: brew install nginx`;
  if (currentDistribution().usesApt) return `${need}: sudo apt-get install -y --no-install-recommends nginx`;
  if (currentDistribution().id === "alpine") return `${need}: apk add nginx`;
  return `${need} your system's package manager (package nginx)`;
}

async function install(become) {
  say("installing nginx (apt-get)");
  const { code, output } = await aptInstallWithoutService(become, "nginx", SYSTEMD_UNIT);
  if (code !== 0) throw new SetupFailure(`${output.trim()}\napt-get install nginx failed: ${wanted()}`);
}
