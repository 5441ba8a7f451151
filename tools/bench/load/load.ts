import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AudienceSpec } from "./audience.js";
import type { CutsResult, CutsSpec } from "./cuts.js";
import type { FloodResult, FloodSpec } from "./flood.js";
import type { HandshakeResult, HandshakeSpec } from "./handshakes.js";
import type { HttpResult, HttpSpec } from "./http-requests.js";
import type { PublisherSpec } from "./publishers.js";
import type { RunResult, RunSpec } from "./run.js";
import type { StoringResult, StoringSpec } from "./storing.js";
import type { VictimResult, VictimSpec } from "./victims.js";

/** What the load process does, by name: what it is told and what it answers. */
export interface Orders {
  open: (spec: AudienceSpec) => Promise<void>;
  publisher: (spec: PublisherSpec) => Promise<void>;
  measure: (spec: RunSpec) => Promise<RunResult>;
  close: (nothing: null) => Promise<void>;
  handshakes: (spec: HandshakeSpec) => Promise<HandshakeResult>;
  http: (spec: HttpSpec) => Promise<HttpResult>;
  storing: (spec: StoringSpec) => Promise<StoringResult>;
  victims: (spec: VictimSpec) => Promise<VictimResult>;
  cuts: (spec: CutsSpec) => Promise<CutsResult>;
  /** Goes on until `endFlood`. */
  flood: (spec: FloodSpec) => Promise<void>;
  endFlood: (nothing: null) => Promise<FloodResult>;
}

export type OrderName = keyof Orders;

/** A process that receives and publishes, so that none of its work is done in a process that is measured. */
export interface Load {
  do<Name extends OrderName>(
    name: Name,
    spec: Parameters<Orders[Name]>[0],
  ): Promise<Awaited<ReturnType<Orders[Name]>>>;
  stop(): Promise<void>;
}

/** What goes to the process and what comes back. */
export interface Order {
  readonly id: number;
  readonly name: OrderName;
  readonly spec: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Starts the process on the cores of this one. */
export async function startLoad(): Promise<Load> {
  const pending = new Map<number, Pending>();
  const child = fork(fileURLToPath(new URL("main.js", import.meta.url)), { execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let nextId = 0;
  child.on("message", (answer: Answer) => {
    const waiting = pending.get(answer.id);
    pending.delete(answer.id);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  });
  child.once("exit", (code, signal) => {
    for (const { reject } of pending.values())
      reject(new Error(`the load process ended (${signal ?? code})`));
  });
  await once(child, "spawn");
  return {
    do: (name, spec) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        pending.set(id, { resolve: resolve as Pending["resolve"], reject });
        child.send({ id, name, spec } satisfies Order);
      }),
    stop: () => end(child, ended),
  };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}
