import { readFileSync } from "node:fs";
import { aptInstall, rootCommand } from "./apt-install.mjs";
import { outputOf } from "./command.mjs";
import { currentDistribution } from "./distribution.mjs";
import { SetupFailure } from "./failure.mjs";
import { inProject, say } from "./project.mjs";

const NEED = "the tests of the page need Chromium or Chrome on the PATH";

/**
 * Makes sure that there is a Chromium or Chrome for the tests of the page; installs it where that is allowed
 * (Debian, as root or with sudo that asks for no password).
 * @throws {SetupFailure} that says exactly what to install.
 */
export async function ensureChromium() {
  if (isThere()) return;
  const become = rootCommand();
  // Ubuntu's package only asks for a snap, which needs a running systemd.
  if (currentDistribution().id !== "debian" || become === undefined) {
    throw new SetupFailure(`Chromium is missing: ${wanted()}`);
  }
  say("installing chromium (apt-get), for the tests of the page");
  const { code, output } = await aptInstall(become, "chromium");
  if (code !== 0) throw new SetupFailure(`${output.trim()}\napt-get install chromium failed: ${wanted()}`);
  if (!isThere()) throw new SetupFailure(`Chromium cannot be run after its installation: ${wanted()}`);
}

function isThere() {
  // The list is the one by which the tests look for it.
  const programs = JSON.parse(readFileSync(inProject("scripts", "setup", "chromium-programs.json"), "utf8"));
  return programs.some((program) => outputOf(program, ["--version"]) !== undefined);
}

function wanted() {
  const need = `${NEED}. Install it with`;
  if (process.platform === "darwin") return `${need}: brew install --cask chromium`;
  const { id } = currentDistribution();
  if (id === "debian") return `${need}: sudo apt-get install -y --no-install-recommends chromium`;
  if (id === "ubuntu") return `${need}: sudo snap install chromium`;
  if (id === "alpine") return `${need}: apk add chromium`;
  return `${need} your system's package manager (package chromium)`;
}
