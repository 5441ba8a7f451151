import type { Socket } from "node:net";

/**
 * - `pass`: as a wire.
 * - `reset`: connections, old and new, end with RST.
 * - `blackhole`: nothing moves in either direction, not even the news that one end has gone; new connections
 *   are accepted and never answered. What was sent meanwhile arrives when the mode changes.
 * - `swallowReplies`: what the server answers is lost. As no real connection goes on after a loss, those that
 *   lost something are reset when the mode changes.
 * - `delayMs`: everything arrives that much later, in each direction.
 */
export type ProxyMode = "pass" | "reset" | "blackhole" | "swallowReplies" | { readonly delayMs: number };

export interface FlowOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly mode: () => ProxyMode;
  /** What of a chunk goes on. */
  readonly take: (chunk: Buffer) => Buffer;
  readonly onWritten: (bytes: number) => void;
}

/** What a flow holds at most, besides the buffers of its two sockets; the rest stays with the sender. */
const FLOW_LIMIT_BYTES = 1024 * 1024;

/** One direction of a connection. */
export interface Flow {
  /** Moves what may move now; to be called when the mode changes. */
  kick(): void;
  /** Nothing is pending afterwards. */
  end(): void;
}

export function createFlow({ from, to, mode, take, onWritten }: FlowOptions): Flow {
  const queue: { readonly chunk: Buffer; readonly dueAt: number }[] = [];
  let queuedBytes = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  function accept(data: Buffer): void {
    const chunk = take(data);
    const current = mode();
    const delayMs = typeof current === "object" ? current.delayMs : 0;
    if (chunk.length > 0) queue.push({ chunk, dueAt: performance.now() + delayMs });
    queuedBytes += chunk.length;
    kick();
  }

  function kick(): void {
    clearTimeout(timer);
    if (mode() === "blackhole") return void from.pause();
    for (let head = queue[0]; head !== undefined && !to.writableNeedDrain; head = queue[0]) {
      const { length } = head.chunk;
      const waitMs = head.dueAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(kick, waitMs);
        break;
      }
      queue.shift();
      queuedBytes -= length;
      to.write(head.chunk, (error) => error ?? onWritten(length));
    }
    if (queuedBytes >= FLOW_LIMIT_BYTES) from.pause();
    else if (!ended) from.resume();
    if (ended && queue.length === 0) to.end();
  }

  from.on("data", accept);
  from.on("end", () => {
    ended = true;
    kick();
  });
  to.on("drain", kick);
  return { kick, end: () => clearTimeout(timer) };
}
