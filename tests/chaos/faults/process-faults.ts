import { setTimeout as sleep } from "node:timers/promises";
import { signalIfAlive } from "../../support/process-table.js";
import type { Fault } from "../fault.js";

const workerKills: Fault = {
  name: "workers killed in a loop",
  touches: "processes",
  async inject({ world, rng, brief }) {
    const end = performance.now() + (brief ? 4000 : rng.int(4000, 15_000));
    while (performance.now() < end) {
      const machine = rng.pick(world.machines);
      const pids = machine.workerPids();
      if (pids.length > 0) machine.killWorker(rng.pick(pids));
      await sleep(rng.int(200, 1200));
    }
  },
};

const instanceKill: Fault = {
  name: "instance killed",
  touches: "boots",
  async inject({ world, rng }) {
    const machine = rng.pick(world.machines);
    await machine.killWhole();
    await sleep(rng.int(0, 2000));
    await machine.restart();
  },
};

const primaryKill: Fault = {
  name: "primary killed",
  touches: "boots",
  async inject({ world, rng }) {
    const machine = rng.pick(world.machines);
    await machine.killPrimary();
    await sleep(rng.int(0, 1000));
    await machine.restart();
  },
};

const pausedWorker: Fault = {
  name: "worker paused",
  touches: "processes",
  async inject({ world, rng, brief }) {
    const pids = rng.pick(world.machines).workerPids();
    if (pids.length === 0) return;
    const pid = rng.pick(pids);
    signalIfAlive(pid, "SIGSTOP");
    try {
      await sleep(brief ? 8000 : rng.int(8000, 20_000));
    } finally {
      signalIfAlive(pid, "SIGCONT");
    }
  },
};

const rollingRestart: Fault = {
  name: "rolling restart",
  touches: "boots",
  async inject({ world, measure }) {
    for (const machine of world.machines) {
      const start = performance.now();
      await machine.terminate();
      measure("drain ms", performance.now() - start);
      await machine.restart();
    }
  },
};

const reload: Fault = {
  name: "workers reloaded",
  touches: "boots",
  async inject({ world, rng }) {
    await rng.pick(world.machines).reload();
  },
};

export const PROCESS_FAULTS: readonly Fault[] = [
  workerKills,
  instanceKill,
  primaryKill,
  pausedWorker,
  rollingRestart,
  reload,
];
