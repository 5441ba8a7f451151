import { Manager } from "socket.io-client";

/** What `Manager` does not tell of in its types. */
interface Backoff {
  attempts: number;
  duration(): number;
}

/** A client of Socket.IO with nothing but defaults. */
export interface StockClient {
  /** The wait before it tries again, in milliseconds, after so many failures since it was connected. */
  pauseMs(failures: number): number;
  /** Time after which it gives up an attempt that has no answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Made of the real library, whose chance is `Math.random`. */
export function createStockClient(): StockClient {
  const manager = new Manager("http://simulated.invalid", { autoConnect: false });
  const { backoff } = manager as unknown as { backoff: Backoff };
  return {
    pauseMs(failures) {
      backoff.attempts = failures;
      return backoff.duration();
    },
    timeoutMs: Number(manager.timeout()),
  };
}
