import { onEnd } from "../../support/cleanup.js";

/** An action that is repeated until told to stop. */
export interface Load {
  /** Actions that have succeeded so far. */
  readonly succeeded: number;
  /** What the failed ones failed with. */
  readonly failures: readonly string[];
  /** Lets the running ones finish. Idempotent. */
  stop(): Promise<void>;
}

/** Repeats `action` in `lanes` lanes at a time, each as soon as the last one has ended. Ends by itself. */
export function startLoad(action: (round: number) => Promise<void>, lanes = 1): Load {
  const failures: string[] = [];
  let succeeded = 0;
  let rounds = 0;
  let stopping = false;

  async function lane(): Promise<void> {
    while (!stopping) {
      await action(rounds++).then(
        () => succeeded++,
        (error: unknown) => failures.push(String(error)),
      );
    }
  }

  const running = Promise.all(Array.from({ length: lanes }, lane));
  async function stop(): Promise<void> {
    stopping = true;
    await running;
  }

  onEnd(stop);
  return {
    get succeeded() {
      return succeeded;
    },
    failures,
    stop,
  };
}
