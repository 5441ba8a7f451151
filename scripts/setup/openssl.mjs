import { aptInstall, rootCommand } from "./apt-install.mjs";
import { outputOf } from "./command.mjs";
import { currentDistribution } from "./distribution.mjs";
import { SetupFailure } from "./failure.mjs";
import { say } from "./project.mjs";

const NEED = "the tests need openssl on the PATH, which makes their certificates. Install it with";

/**
 * Makes sure that openssl is on the PATH; installs it where that is allowed (Debian and Ubuntu, as root or with sudo that asks for
 * no password).
 * @throws {SetupFailure} that says exactly what to install.
 */
export async function ensureOpenssl() {
  if (isThere()) return;
  const become = rootCommand();
  if (!currentDistribution().usesApt || become === undefined) throw new SetupFailure(`${NEED} ${wanted()}`);
  say("installing openssl (apt-get), for the tests");
  const { code, output } = await aptInstall(become, "openssl");
  if (code !== 0)
    throw new SetupFailure(`${output.trim()}\napt-get install openssl failed: ${NEED} ${wanted()}`);
  if (!isThere()) throw new SetupFailure(`openssl cannot be run after its installation: ${NEED} ${wanted()}`);
}

const isThere = () => outputOf("openssl", ["version"]) !== undefined;

function wanted() {
  return currentDistribution().usesApt
    ? "sudo apt-get install -y --no-install-recommends openssl"
    : "your system's package manager (package openssl)";
}
