/** What the server says about heartbeats in the packet that opens a session. */
export interface Opening {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** Calls back when no ping of the server came for an interval and its timeout. */
export function createHeartbeat(onSilence: () => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    start({ pingInterval, pingTimeout }: Opening): void {
      timer ??= setTimeout(onSilence, pingInterval + pingTimeout);
    },
    beat(): void {
      timer?.refresh();
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}
