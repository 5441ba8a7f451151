import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Terminal } from "./command.js";

/** What shells expect of a program that was interrupted. */
const INTERRUPTED = 130;
/** Time that a command has to end by itself when it is asked to, in milliseconds. */
const PATIENCE_MS = 1000;

/** The terminal of a process. `close` ends the process with the exit code that it has by then, once all is written. */
export function createTerminal(owner: NodeJS.Process): Terminal & { close(): void } {
  const { env: environment, stdin, stdout, stderr } = owner;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    owner.on(signal, () => {
      if (ending.signal.aborted) owner.exit(INTERRUPTED);
      end();
      // What does not look at it has nothing to bring to an end.
      setTimeout(() => owner.exit(INTERRUPTED), PATIENCE_MS).unref();
    });
  }
  // `shoal tail kitchen | head`: nobody reads any more, which is no fault.
  for (const stream of [stdout, stderr]) stream.on("error", end);

  return {
    environment,
    async write(chunk) {
      if (ending.signal.aborted || stdout.write(chunk)) return;
      await once(stdout, "drain", { signal: ending.signal }).catch(() => {});
    },
    note(line) {
      stderr.write(`${line}\n`);
    },
    isSeen: stderr.isTTY === true,
    hasColours: stdout.isTTY === true && (environment.NO_COLOR ?? "") === "",
    read: () => text(stdin),
    ended: ending.signal,
    close() {
      stdout.write("", () => owner.exit());
    },
  };
}
