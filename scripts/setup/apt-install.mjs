import { outputOf, runCommand } from "./command.mjs";

const OPTIONS = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"];

/** What to put before a command so that root runs it; undefined when that would need a password. */
export function rootCommand() {
  if (process.getuid?.() === 0) return [];
  return outputOf("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

/** Installs a package of this machine's own sources, without what it only recommends. Resolves as `runCommand`. */
export async function aptInstall(become, name) {
  const apt = (...args) => {
    const all = [
      ...become,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "LC_ALL=C",
      "apt-get",
      ...OPTIONS,
      ...args,
    ];
    return runCommand(all[0], all.slice(1), { quiet: true });
  };
  const attempt = () => apt("install", "-y", "--no-install-recommends", name);
  const result = await attempt();
  if (result.code === 0) return result;
  // The lists may be missing, or name files that the mirror has replaced meanwhile.
  await apt("update");
  return attempt();
}
