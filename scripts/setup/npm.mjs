import { runCommand } from "./command.mjs";
import { inProject } from "./project.mjs";

/**
 * Runs npm in the project's folder, the one that runs this script if there is one; as `runCommand`, quiet.
 * @param {readonly string[]} command
 * @param {(() => string) | undefined} [reached]
 */
export function npm(command, reached) {
  const args = [...command, "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { cwd: inProject(), quiet: true, reached };
  const script = process.env.npm_execpath; // set when npm runs this
  if (script?.endsWith(".js")) return runCommand(process.execPath, [script, ...args], options);
  if (process.platform !== "win32") return runCommand("npm", args, options);
  return runCommand("cmd", ["/d", "/s", "/c", "npm", ...args], options);
}
