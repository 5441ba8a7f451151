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

/** The values of `options`, as node:util's parseArgs. @throws {SetupFailure} of {@link wrongUsage} for what it does not know. */
export function parseOptions(args, options, usage) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw wrongUsage(error.message, usage);
  }
}
