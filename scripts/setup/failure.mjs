/** A reason to give up that the user can act on: shown as it is, without a stack. */
export class SetupFailure extends Error {
  /** `exitCode` is that of the script, default 1. */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Fails with a program's exit code, unless that is 0; what was wrong is on the screen already. `code` is null where a signal ended it.
 * @param {number | null | undefined} code
 * @throws {SetupFailure}
 */
export function failOn(code) {
  if (code !== 0) throw new SetupFailure("", code ?? 1);
}

/** The user or the system asked to end while a step ran. */
export class Interruption extends SetupFailure {
  constructor(signalNumber) {
    super("", 128 + signalNumber);
  }
}

/**
 * Runs a script's steps; a failure that is meant for the user becomes a message and the exit code. What the script says may be
 * lost (disk full, reader gone): that ends nothing, as what the steps have started would be left behind.
 */
export async function runScript(steps) {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
}
