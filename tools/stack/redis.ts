import type { Component } from "../../src/engine/process/lifecycle.js";
import { HOST } from "../shared/ports.js";
import { type Program, startProgram, type Watcher } from "../shared/program.js";

export interface RedisOptions {
  readonly port: number;
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
}

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 5000;

/** A redis-server that keeps nothing. */
export function createRedis({ port, directory, env, watcher }: RedisOptions): Component & { url(): string } {
  const args = ["--port", `${port}`, "--bind", HOST, "--dir", directory, "--save", "", "--appendonly", "no"];
  let member: Program | undefined;
  return {
    name: "redis",
    async start() {
      member = startProgram({ name: "redis", command: "redis-server", args, env, watcher });
      await member.waitFor(/Ready to accept connections/, READY_WITHIN_MS);
    },
    stop: async () => void (await member?.stop(STOP_WITHIN_MS)),
    url: () => `redis://${HOST}:${port}`,
  };
}
