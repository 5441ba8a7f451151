import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.js";

const redisDown: Fault = {
  name: "redis down",
  touches: "redis",
  async inject({ world, rng, brief }) {
    await world.redis.kill();
    await sleep(brief ? 5000 : rng.pick([5000, 30_000]));
    await world.redis.restart();
  },
};

const subscribersCut: Fault = {
  name: "redis subscribers cut",
  touches: "redis",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 3 : rng.int(3, 10); times > 0; times -= 1) {
      await world.redis.command("client", "kill", "type", "pubsub");
      await sleep(rng.int(100, 800));
    }
  },
};

const halfOpen: Fault = {
  name: "redis half-open",
  touches: "redis",
  async inject({ world, rng, brief }) {
    const { redis } = rng.pick(world.machines).links;
    redis.set("blackhole");
    try {
      await sleep(brief ? 7000 : rng.int(5000, 20_000));
    } finally {
      redis.set("pass");
    }
  },
};

const linksReset: Fault = {
  name: "redis links reset",
  touches: "redis",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 3 : rng.int(3, 10); times > 0; times -= 1) {
      const { redis } = rng.pick(world.machines).links;
      redis.set("reset");
      await sleep(rng.int(50, 800));
      redis.set("pass");
    }
  },
};

export const REDIS_FAULTS: readonly Fault[] = [redisDown, subscribersCut, halfOpen, linksReset];
