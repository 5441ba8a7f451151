import { Counter, Gauge, type Registry } from "prom-client";
import type { MetricFamily } from "../ipc/messages.js";
import type { Component } from "../process/lifecycle.js";
import type { Measurements } from "../service.js";
import { type Format, relabel } from "./exposition.js";
import { addProcessMetrics, createRegistry, readFamilies } from "./registry.js";

/** The measurements of an instance that has no workers yet. */
export const NO_MEASUREMENTS: Measurements = {
  workers: new Map(),
  leaving: new Map(),
  restarts: new Map(),
  ends: new Map(),
};

/** What an instance tells of itself as a whole, in front of what its workers tell. */
export interface InstanceMetrics extends Component {
  /** Everything, in this format. Calls at the same time share one gathering. */
  text(format: Format): Promise<string>;
}

/** Whose metrics these are. */
export interface InstanceState {
  /** Number of slots. With 1 there is no primary, and the process is measured as its only worker. */
  readonly workers: number;
  isDraining(): boolean;
  /** Asks the workers; bounded in time. */
  measure(): Promise<Measurements>;
}

/** The metrics of the process that watches the workers. */
export function createInstanceMetrics(state: InstanceState): InstanceMetrics {
  const isPrimary = state.workers > 1;
  const registry = createRegistry(isPrimary ? "primary" : "1");
  let measured = NO_MEASUREMENTS;
  let asking: Promise<(readonly MetricFamily[])[]> | undefined;
  addDraining(registry, state.isDraining);
  addWorkers(registry, state.workers, () => measured);

  async function gather(): Promise<(readonly MetricFamily[])[]> {
    measured = await state.measure();
    const own = await readFamilies(registry);
    const leaving = [...measured.leaving].map(([slot, families]) => relabel(families, `${slot}-leaving`));
    return [own, ...measured.workers.values(), ...leaving];
  }

  return {
    name: "instance metrics",
    async start() {
      if (isPrimary) addProcessMetrics(registry);
    },
    async stop() {},
    async text(format) {
      asking ??= gather().finally(() => {
        asking = undefined;
      });
      return format.print(await asking);
    },
  };
}

function addDraining(registry: Registry, isDraining: () => boolean): void {
  new Gauge({
    name: "realtime_draining",
    help: "Whether the instance is on its way out and takes no new connections",
    registers: [registry],
    collect() {
      this.set(isDraining() ? 1 : 0);
    },
  });
}

/** One series per slot, whether a worker is there or not. */
function addWorkers(registry: Registry, count: number, measured: () => Measurements): void {
  const slots = Array.from({ length: count }, (_, index) => index + 1);
  const registers = [registry];
  const labelNames = ["worker"] as const;
  new Gauge({
    name: "realtime_worker_up",
    help: "Whether the worker answered this collection in time",
    labelNames,
    registers,
    collect() {
      for (const slot of slots) this.set({ worker: String(slot) }, measured().workers.has(slot) ? 1 : 0);
    },
  });
  const counters = [
    ["realtime_worker_restarts_total", "Workers that were replaced, for whatever reason", "restarts"],
    [
      "realtime_worker_ends_total",
      "Workers that were replaced as they had ended, and not by a reload",
      "ends",
    ],
  ] as const;
  for (const [name, help, what] of counters)
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const slot of slots) this.inc({ worker: String(slot) }, measured()[what].get(slot) ?? 0);
      },
    });
}
