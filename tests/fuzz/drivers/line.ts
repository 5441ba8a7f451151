import { connect } from "node:net";
import { afterMachineTime } from "../../support/machine-time.js";

/** A connection on which a case is sent. */
export interface Line {
  write(bytes: Buffer | string): void;
  /** Resolves when `isDone` says so, when the connection has ended, or when nothing came for a while. */
  until(isDone: () => boolean): Promise<"done" | "closed" | "silent">;
  isOpen(): boolean;
  destroy(): void;
}

/** Whoever says nothing for this time, in milliseconds of the machine's time, will not say more: what was sent is incomplete, or answered with nothing. */
const QUIET_MS = 500;

/** Connects to `url` from the address `from` of loopback; `onBytes` gets what comes. */
export function openLine(url: URL, from: string, onBytes: (bytes: Buffer) => void): Line {
  const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: from, noDelay: true });
  let look = (): void => {};
  let isOpen = true;
  socket.on("data", (bytes) => {
    onBytes(bytes);
    look();
  });
  socket.on("error", () => {}); // "close" follows
  socket.on("close", () => {
    isOpen = false;
    look();
  });

  return {
    write: (bytes) => void (isOpen && socket.write(bytes)),
    until: (isDone) =>
      new Promise((resolve) => {
        let forget = (): void => {};
        const finish = (outcome: "done" | "closed" | "silent"): void => {
          forget();
          look = () => {};
          resolve(outcome);
        };
        look = () => {
          if (isDone()) return finish("done");
          if (!isOpen) return finish("closed");
          forget();
          forget = afterMachineTime(QUIET_MS, () => finish("silent"));
        };
        look();
      }),
    isOpen: () => isOpen,
    destroy: () => void socket.destroy(),
  };
}
