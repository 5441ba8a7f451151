import { ABOUT } from "../contract/about.js";
import { nearest } from "../contract/nearest.js";
import { StartError } from "../engine/process/start-error.js";
import { readArguments } from "./arguments.js";
import { CommandFailure, type Terminal } from "./command.js";
import { COMMANDS } from "./commands.js";
import { helpOf, overview } from "./help.js";

/** Runs `shoal` with these arguments. Resolves with the exit code; never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "--version") {
    await terminal.write(`${ABOUT.version}\n`);
    return 0;
  }
  if (name === "help" && rest[0] !== undefined) return runCli([rest[0], "--help"], terminal);
  if (["--help", "-h", "help"].includes(name)) {
    await terminal.write(overview(COMMANDS));
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    const meant = nearest(
      name.toLowerCase(),
      COMMANDS.map((one) => one.name),
    );
    const guess = meant === undefined ? "" : `: was ${meant} meant?`;
    terminal.note(`shoal: there is no command ${JSON.stringify(name)}${guess}; see shoal --help`);
    return 2;
  }
  try {
    const asked = readArguments(command, rest);
    if (!asked.help) return await (await command.load())(asked.given, terminal);
    await terminal.write(helpOf(command));
    return 0;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    terminal.note(`shoal ${name}: ${lineOf(error)}${exitCode === 2 ? `; see shoal ${name} --help` : ""}`);
    return exitCode;
  }
}

/** Variables that cannot be used are the caller's mistake, as arguments are. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  return error instanceof StartError ? 2 : 1;
}

/** What is no failure of ours is a defect, of which the whole stack would tell a user nothing. */
function lineOf(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const isOurs = error instanceof CommandFailure || error instanceof StartError;
  return (isOurs ? message : `unexpected: ${message}`).replaceAll(/\s*\n\s*/g, " ");
}
