import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Component } from "../process/lifecycle.js";

/** How often the loop is timed, in milliseconds: this is the finest lag that is seen, and the base that is taken off. */
const RESOLUTION_MS = 20;
/** Length of the window of the mean, in milliseconds. */
const WINDOW_MS = 1000;
const NANOSECONDS_PER_MS = 1e6;

/** How late the event loop is. */
export interface EventLoopLag extends Component {
  /** Mean delay of the event loop over the last full second, in milliseconds; 0 before the first one has passed. */
  meanMs(): number;
}

/** Times the event loop of this process from `start` to `stop`, outside of JavaScript: it costs nothing per event. */
export function createEventLoopLag(): EventLoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let timer: NodeJS.Timeout | undefined;
  let meanMs = 0;

  function read(): void {
    const measured = delays.mean / NANOSECONDS_PER_MS;
    delays.reset();
    meanMs = Number.isNaN(measured) ? 0 : Math.max(0, measured - RESOLUTION_MS);
  }

  return {
    name: "event loop lag",
    async start() {
      delays.enable();
      timer = setInterval(read, WINDOW_MS);
    },
    async stop() {
      clearInterval(timer);
      delays.disable();
    },
    meanMs: () => meanMs,
  };
}
