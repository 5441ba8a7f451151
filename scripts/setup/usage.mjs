import { SetupFailure } from "./failure.mjs";

/** Prints `usage` and ends the process for `--help` and `-h`. @throws {SetupFailure} (exit code 2) for any other argument. */
export function acceptNoArguments(args, usage) {
  if (args.length === 0) return;
  if (args.every((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  throw new SetupFailure(
    `Unknown argument: ${args.find((arg) => !/^(--help|-h)$/.test(arg))}\n\n${usage}`,
    2,
  );
}
