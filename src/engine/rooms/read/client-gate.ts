/** Lets each client do a few things at a time; what else it asks for waits in order. */
export interface ClientGate {
  /** Runs the task when it is its turn. Without a client, at once. */
  run<T>(client: string | undefined, task: () => Promise<T>): Promise<T>;
}

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Waiting tasks are bounded by whoever calls: a connection has few events open at a time. */
export function createClientGate(most: number): ClientGate {
  const lines = new Map<string, Line>();

  function leave(client: string, line: Line): void {
    const next = line.waiting.shift();
    if (next === undefined) line.running -= 1;
    else next();
    if (line.running === 0) lines.delete(client);
  }

  return {
    async run(client, task) {
      if (client === undefined) return task();
      const line = lines.get(client) ?? { running: 0, waiting: [] };
      lines.set(client, line);
      if (line.running < most) line.running += 1;
      else await new Promise<void>((resolve) => line.waiting.push(resolve));
      try {
        return await task();
      } finally {
        leave(client, line);
      }
    },
  };
}
