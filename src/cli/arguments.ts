import { parseArgs } from "node:util";
import { nearest } from "../contract/nearest.js";
import { type Command, type Given, wrongUsage } from "./command.js";

/** Every command has it. */
const HELP = { type: "boolean", short: "h" } as const;

/** What was asked of a command: its help, or to be done. */
export type Asked = { readonly help: true } | { readonly help: false; readonly given: Given };

/** Reads the arguments behind a command's name. @throws {CommandFailure} with exit code 2 for what it does not take. */
export function readArguments(command: Command, args: readonly string[]): Asked {
  const { values, positionals } = parsed(command, args);
  if (values.help === true) return { help: true };
  const { operands } = command;
  const missing = operands[positionals.length];
  if (missing !== undefined) throw wrongUsage(`${missing.name} is missing: ${missing.desc}`);
  const extra = positionals[operands.length];
  if (extra !== undefined) throw wrongUsage(`There is one argument too many: ${extra}`);
  return {
    help: false,
    given: {
      operands: positionals,
      text(name) {
        const value = values[name];
        return typeof value === "string" ? value : undefined;
      },
      flag: (name) => values[name] === true,
    },
  };
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function parsed({ options }: Command, args: readonly string[]): Parsed {
  const known = Object.entries(options).map(([name, { type, short }]) => [
    name,
    short === undefined ? { type } : { type, short },
  ]);
  try {
    return parseArgs({
      args: [...args],
      options: { ...Object.fromEntries(known), help: HELP },
      allowPositionals: true,
    });
  } catch (error) {
    // Node's own words name the option, and no value of another one.
    const words = error instanceof Error ? error.message : String(error);
    throw wrongUsage(unknownOption(words, Object.keys(options)) ?? words);
  }
}

/** Node goes on about operands that begin with a dash; who misspelt an option is told which one there is. */
function unknownOption(words: string, names: readonly string[]): string | undefined {
  const [told, option = ""] = /^Unknown option '(-[^']*)'/.exec(words) ?? [];
  if (told === undefined) return undefined;
  const meant = nearest(option.replace(/^-+/, ""), [...names, "help"]);
  return meant === undefined ? told : `${told}: was --${meant} meant?`;
}

/** A whole number. @throws {CommandFailure} that names the option. */
export function numberIn(
  given: Given,
  name: string,
  { least, most, preset }: { least: number; most: number; preset: number },
): number {
  const text = given.text(name);
  if (text === undefined) return preset;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw wrongUsage(`--${name} must be a whole number from ${least} to ${most}`);
}
