import { setPriority } from "node:os";
import { ATTACKS, type Attack, type FloodKind } from "./attacks.js";

/** One user at one address who sends as much as he can. */
export interface FloodSpec {
  readonly url: string;
  readonly kind: FloodKind;
}

/** What came of it. */
export interface FloodResult {
  readonly seconds: number;
  /** Events that were acknowledged as done, requests that were served, sessions that were opened, frames that were sent off. */
  readonly granted: number;
  /** Events, requests and handshakes that were refused or broken off, connections that were closed. */
  readonly refused: number;
}

export interface Flood {
  stop(): Promise<FloodResult>;
}

/** The pause after a refused connection: none at all would measure the flooding process. */
const PAUSE_MS = 1;

/** Begins to send. Each connection that is closed is opened again at once. Gives way to whoever measures on the same cores. */
export function startFlood({ url, kind }: FloodSpec): Flood {
  setPriority(19);
  const startMs = performance.now();
  const { connections, run }: Attack = ATTACKS[kind];
  const counts = { granted: 0, refused: 0 };
  let end = (): void => {};
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const field = {
    url,
    over,
    isOver: () => isOver,
    count(isGranted: boolean, times = 1): void {
      counts[isGranted ? "granted" : "refused"] += times;
    },
  };

  async function goOn(): Promise<void> {
    while (!isOver) {
      const wasLetIn = await run(field);
      if (!wasLetIn) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  const tasks = Array.from({ length: connections }, goOn);

  return {
    async stop() {
      isOver = true;
      end();
      const seconds = (performance.now() - startMs) / 1000;
      await Promise.all(tasks);
      return { seconds, ...counts };
    },
  };
}
