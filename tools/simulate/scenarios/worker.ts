import { decide } from "../../../src/engine/cluster/respawn-policy.js";
import { BEFORE_MS, type Scenario } from "../scenario.js";

/** Connections of the one machine that this happens to, its workers and its cores. */
const MACHINE = { clients: 40_000, workers: 4, cores: 2 } as const;
/** Until a new worker is ready: docs/experiments.md has the CPU time. */
const BOOT_MS = 2500;

/** One worker of a machine on its own is killed. */
export const worker: Scenario = {
  name: "worker",
  title: "Kill of one of four workers, 40,000 connections, two cores",
  changes: ({ clients }) => ({ ...MACHINE, clients: Math.min(clients, MACHINE.clients), instances: 1 }),
  begin({ fleet, after, time }) {
    let isBack = false;
    after(BEFORE_MS, () => {
      const [instance] = fleet.instances;
      const [killed] = instance?.workers ?? [];
      if (instance === undefined || killed === undefined) throw new Error("there is no worker");
      fleet.loseAll(killed);
      fleet.endWorker(killed);
      const decision = decide([{ kind: "killed", atMs: time.nowMs }]);
      if (decision.action !== "respawn") throw new Error(decision.reason);
      after(decision.delayMs + BOOT_MS, () => {
        instance.replace(killed, fleet.addWorker(instance.number, instance.machine, true));
        isBack = true;
      });
    });
    return { isDone: () => isBack, marks: [{ second: BEFORE_MS / 1000, name: "worker killed" }] };
  },
};
