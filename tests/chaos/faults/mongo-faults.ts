import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyMode } from "../../support/tcp-flow.js";
import type { Fault } from "../fault.js";
import type { Machine } from "../machine.js";
import type { Prng } from "../prng.js";

async function harm(machines: readonly Machine[], mode: ProxyMode, forMs: number): Promise<void> {
  for (const { links } of machines) links.mongo.set(mode);
  try {
    await sleep(forMs);
  } finally {
    for (const { links } of machines) links.mongo.set("pass");
  }
}

function oneOrAll(machines: readonly Machine[], rng: Prng): readonly Machine[] {
  return rng.chance(0.5) ? machines : [rng.pick(machines)];
}

const killed: Fault = {
  name: "mongodb killed",
  touches: "mongo",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 2 : rng.int(1, 4); times > 0; times -= 1) {
      await world.mongo.kill();
      await sleep(brief ? 500 : rng.int(0, 5000));
      await world.mongo.restart();
      await sleep(rng.int(200, 1500));
    }
  },
};

const unreachable: Fault = {
  name: "mongodb unreachable",
  touches: "mongo",
  inject: ({ world, rng, brief }) =>
    harm(oneOrAll(world.machines, rng), "blackhole", brief ? 6000 : rng.int(3000, 30_000)),
};

const reset: Fault = {
  name: "mongodb links reset",
  touches: "mongo",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 4 : rng.int(3, 15); times > 0; times -= 1) {
      await harm(oneOrAll(world.machines, rng), "reset", rng.int(10, 1000));
      await sleep(rng.int(50, 800));
    }
  },
};

const answersLost: Fault = {
  name: "mongodb answers lost",
  touches: "mongo",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 4 : rng.int(3, 15); times > 0; times -= 1) {
      await harm(oneOrAll(world.machines, rng), "swallowReplies", rng.int(10, 400));
      await sleep(rng.int(50, 800));
    }
  },
};

const slow: Fault = {
  name: "all links slow",
  touches: "all",
  async inject({ world, rng, brief }) {
    const links = world.machines.flatMap(({ links: { mongo, redis, http } }) => [mongo, redis, http]);
    for (const link of links) link.set({ delayMs: rng.int(5, 150) });
    try {
      await sleep(brief ? 4000 : rng.int(4000, 15_000));
    } finally {
      for (const link of links) link.set("pass");
    }
  },
};

export const MONGO_FAULTS: readonly Fault[] = [killed, unreachable, reset, answersLost, slow];
