import { setTimeout as pause } from "node:timers/promises";
import type { Component } from "../../src/engine/process/lifecycle.js";
import { isServed } from "../shared/ports.js";
import { type Program, startProgram, type Watcher } from "../shared/program.js";
import { type NginxPlace, writeNginxFiles } from "./nginx-files.js";

export interface Nginx extends Component {
  /** JSON lines; see nginx/conf.d/maps.conf. Known from the start on. */
  accessLog(): string;
}

export interface NginxOptions extends NginxPlace {
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
}

const START_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;
const STOP_WITHIN_MS = 5000;

/** The real nginx with the files as shipped. `start` resolves when it listens. */
export function createNginx({ env, watcher, port, ...place }: NginxOptions): Nginx {
  let member: Program | undefined;
  let accessLog = "";

  async function start(): Promise<void> {
    const files = writeNginxFiles(place);
    accessLog = files.accessLog;
    const args = ["-e", "stderr", "-p", place.directory, "-c", files.config, "-g", globals()];
    const started = startProgram({ name: "nginx", command: "nginx", args, env, watcher });
    member = started;
    const ended = started.exited.then(() => "ended" as const);
    const deadline = performance.now() + START_WITHIN_MS;
    while (!(await isServed(port))) {
      if ((await Promise.race([ended, pause(LOOK_EVERY_MS)])) === "ended")
        throw new Error("nginx does not start, see above");
      if (performance.now() > deadline) throw new Error(`nginx does not listen on port ${port}`);
    }
  }

  return {
    name: "nginx",
    start,
    // SIGTERM and not SIGQUIT, which waits for every WebSocket.
    stop: async () => void (await member?.stop(STOP_WITHIN_MS)),
    accessLog: () => accessLog,
  };
}

/** Its workers would otherwise run as somebody who may not enter our directory. */
function globals(): string {
  return process.getuid?.() === 0 ? "daemon off; user root;" : "daemon off;";
}
