import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { SetupFailure } from "./failure.mjs";

/** Prints `usage` and ends the process for `--help` and `-h`. @throws {SetupFailure} (exit code 2) for any other argument. */
export function acceptNoArguments(args, usage) {
  if (args.length === 0) return;
  if (args.every((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  throw wrongUsage(`Unknown argument: ${args.find((arg) => !/^(--help|-h)$/.test(arg))}`, usage);
}

/** What a script says of an argument that it cannot take, with its usage; exit code 2. */
export function wrongUsage(problem, usage) {
  return new SetupFailure(`${problem}\n\n${usage}`, 2);
}

/**
 * The values of `options`, as node:util's parseArgs; options are often made from lists, so each value is what it was asked to be.
 * @returns {Record<string, any>} @throws {SetupFailure} of {@link wrongUsage} for what it does not know.
 */
export function parseOptions(args, options, usage) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw wrongUsage(error.message, usage);
  }
}

/**
 * An option that is a number: its range, what it is when it is left out, and whether it has to be a whole one.
 * @typedef {{ name: string, least: number, most: number, preset: number | undefined, whole: boolean }} NumberOption
 */

/**
 * The number that was given for an option.
 * @param {Record<string, any>} values
 * @param {NumberOption} option
 * @param {string} usage
 * @throws {SetupFailure} of {@link wrongUsage} for what is none within the range.
 */
export function readNumber(values, { name, least, most, preset, whole }, usage) {
  const text = values[name];
  if (text === undefined) return preset;
  const value = Number(text || Number.NaN);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw wrongUsage(`--${name} must be a ${whole ? "whole " : ""}number from ${least} to ${most}`, usage);
}

/** A path of the caller's, who may stand in another folder than npm, which runs scripts in the project's. */
export function givenPath(path) {
  return resolve(process.env.INIT_CWD ?? ".", path);
}
