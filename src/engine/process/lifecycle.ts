import { waitAtMost } from "./wait-at-most.js";

/** A part of the process with an explicit life: nothing observable happens before `start` or after `stop`. */
export interface Component {
  readonly name: string;
  /** Resolves when the part is usable; on rejection the part has already released what it took. */
  start(): Promise<void>;
  /** Idempotent; safe before, during and after a failed `start`. */
  stop(): Promise<void>;
}

/**
 * Makes one Component of several: they start in the given order and stop in reverse.
 * A failed start stops what had started and rejects with the first error. A failed stop does not keep
 * the others from stopping; the failures are gathered into one AggregateError. `onStarted` hears the name of each part that has.
 */
export function compose(
  name: string,
  parts: readonly Component[],
  onStarted: (part: string) => void = () => {},
): Component {
  const started: Component[] = [];
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function startAll(): Promise<void> {
    for (const part of parts) {
      if (stopping !== undefined) return;
      await part.start();
      started.push(part);
      onStarted(part.name);
    }
  }

  async function stopAll(): Promise<void> {
    await starting?.catch(() => {}); // its caller already has the error
    const failures: unknown[] = [];
    for (const part of started.reverse()) {
      await part.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, `${name}: ${failures.length} part(s) failed to stop`);
    }
  }

  function stop(): Promise<void> {
    stopping ??= stopAll();
    return stopping;
  }

  function start(): Promise<void> {
    starting ??= startAll();
    return starting.catch(async (error: unknown) => {
      await stop().catch(() => {}); // the start error is the one worth reporting
      throw error;
    });
  }

  return { name, start, stop };
}

/** The part, whose stop holds up the others for no longer than `timeoutMs`: what it does then is lost when the process ends. */
export function stopsWithin(timeoutMs: number, part: Component): Component {
  return { ...part, stop: () => waitAtMost(part.stop(), timeoutMs) };
}

/** A part that can be made only when those before it have started; `create` runs once, at start. */
export function lazily(name: string, create: () => Promise<Component>): Component {
  let part: Component | undefined;
  return {
    name,
    async start() {
      part = await create();
      await part.start();
    },
    async stop() {
      await part?.stop();
    },
  };
}
