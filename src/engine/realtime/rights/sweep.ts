import type { Component } from "../../process/lifecycle.js";
import type { Rechecks } from "./rechecks.js";

/**
 * Asks about everything every `everyMs`, ±10 % so that workers do not do it together; 0: never. For rights that end without anybody
 * saying so. One at a time: the next one begins that long after the end of the last one.
 */
export function createRightsSweep(rechecks: Pick<Rechecks, "sweep">, everyMs: number): Component {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function schedule(): void {
    if (everyMs > 0 && !stopped)
      timer = setTimeout(() => void rechecks.sweep().then(schedule), everyMs * (0.9 + 0.2 * Math.random()));
  }

  return {
    name: "rights sweep",
    async start() {
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
