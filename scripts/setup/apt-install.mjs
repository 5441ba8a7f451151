import { existsSync } from "node:fs";
import { outputOf, runCommand } from "./command.mjs";

const OPTIONS = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"];

/** What to put before a command so that root runs it; undefined when that would need a password. */
export function rootCommand() {
  if (process.getuid?.() === 0) return [];
  return outputOf("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

/** Installs a package of this machine's own sources, without what it only recommends. Resolves as `runCommand`. */
export async function aptInstall(become, name) {
  const attempt = () =>
    asRoot(become, "apt-get", ...OPTIONS, "install", "-y", "--no-install-recommends", name);
  const result = await attempt();
  if (result.code === 0) return result;
  // The lists may be missing, or name files that the mirror has replaced meanwhile.
  await aptUpdate(become);
  return attempt();
}

/** The same for a package that brings a service: it is neither started nor enabled. `unit` is systemd's name of it. */
export async function aptInstallWithoutService(become, name, unit) {
  if (!existsSync("/run/systemd/system")) return aptInstall(become, name);
  // Until the next boot at most, should this be killed before it is undone.
  await asRoot(become, "systemctl", "mask", "--runtime", unit);
  try {
    return await aptInstall(become, name);
  } finally {
    await asRoot(become, "systemctl", "unmask", "--runtime", unit);
    await asRoot(become, "systemctl", "disable", unit);
  }
}

/** Gets the lists of what there is. */
export function aptUpdate(become) {
  return asRoot(become, "apt-get", ...OPTIONS, "update");
}

function asRoot(become, ...command) {
  // RUNLEVEL=1: where there is no systemd, invoke-rc.d starts no service.
  const all = [...become, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "LC_ALL=C", ...command];
  return runCommand(all[0], all.slice(1), { quiet: true, terminal: true });
}
