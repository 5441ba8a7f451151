import { setImmediate as nextTurn } from "node:timers/promises";
import { waitAtMost } from "../process/wait-at-most.js";

/** Longest time that other calls wait for a command, in milliseconds: a command whose answer is lost fails only after many seconds. */
const STALL_MS = 1000;

interface Waiting<Request, Answer> {
  readonly request: Request;
  resolve(answer: Answer | Promise<Answer>): void;
  reject(error: unknown): void;
}

/**
 * Merges calls into commands, one at a time: while one is on its way, those that come make up the next. One that takes longer
 * than `STALL_MS` goes on beside the next. Otherwise many rooms
 * with few writers each would cost a round trip per room and batch. `command` gives an answer for each request, in their
 * order; a promise among them keeps only its own caller waiting. A command that fails fails all its calls and no others.
 * A command takes requests up to a total size of `limit`, or a single larger one.
 */
export function mergeCalls<Request, Answer>(
  command: (requests: readonly Request[]) => Promise<readonly (Answer | Promise<Answer>)[]>,
  { limit, size }: { readonly limit: number; size(request: Request): number },
): (request: Request) => Promise<Answer> {
  const waiting: Waiting<Request, Answer>[] = [];
  let isRunning = false;

  function takeGroup(): Waiting<Request, Answer>[] {
    let total = 0;
    const end = waiting.findIndex(({ request }, index) => {
      total += size(request);
      return index > 0 && total > limit;
    });
    return waiting.splice(0, end === -1 ? waiting.length : end);
  }

  async function runCommand(group: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await command(group.map(({ request }) => request));
      group.forEach((one, index) => {
        one.resolve(answers[index] as Answer | Promise<Answer>);
      });
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  async function run(): Promise<void> {
    isRunning = true;
    // One turn of the event loop: rooms that were answered together go on together.
    await nextTurn();
    while (waiting.length > 0) {
      await waitAtMost(runCommand(takeGroup()), STALL_MS);
    }
    isRunning = false;
  }

  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (!isRunning) void run();
    });
}
