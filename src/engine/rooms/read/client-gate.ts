import { AppError } from "../../../contract/errors.js";

/** Lets each client do a few things at a time; what else it asks for waits in order. */
export interface ClientGate {
  /** Runs the task when it is its turn. Without a client, at once. */
  run<T>(client: string | undefined, task: () => Promise<T>): Promise<T>;
}

interface Turn {
  come(): void;
  fail(error: unknown): void;
}

interface Line {
  running: number;
  readonly waiting: Turn[];
}

/**
 * Waiting tasks are bounded by whoever calls: a connection has few events open at a time. What waits behind a failure that passes by itself
 * fails with it: with a store that does not answer each would wait for its own failure, after all those before it.
 */
export function createClientGate(most: number): ClientGate {
  const lines = new Map<string, Line>();

  function leave(client: string, line: Line): void {
    const next = line.waiting.shift();
    if (next === undefined) line.running -= 1;
    else next.come();
    if (line.running === 0) lines.delete(client);
  }

  return {
    async run(client, task) {
      if (client === undefined) return task();
      const line = lines.get(client) ?? { running: 0, waiting: [] };
      lines.set(client, line);
      if (line.running < most) line.running += 1;
      else await new Promise<void>((come, fail) => line.waiting.push({ come, fail }));
      try {
        return await task();
      } catch (error) {
        if (error instanceof AppError && error.code === "temporary")
          for (const { fail } of line.waiting.splice(0)) fail(error);
        throw error;
      } finally {
        leave(client, line);
      }
    },
  };
}
