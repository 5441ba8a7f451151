import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.js";

const cut: Fault = {
  name: "clients cut at random bytes",
  touches: "clients",
  async inject({ world, rng, brief }) {
    for (let times = brief ? 4 : rng.int(4, 12); times > 0; times -= 1) {
      const { http } = rng.pick(world.machines).links;
      // As many as come back: each of them is cut once more, somewhere in its handshake, a page or a live event.
      for (let cuts = http.connections; cuts > 0; cuts -= 1) http.cutAfterBytes(rng.int(1, 30_000));
      http.set("reset");
      await sleep(rng.int(0, 100));
      http.set("pass");
      await sleep(rng.int(300, 1000));
    }
  },
};

const clientsHalfOpen: Fault = {
  name: "clients half-open",
  touches: "clients",
  async inject({ world, rng, brief }) {
    const { http } = rng.pick(world.machines).links;
    http.set(rng.chance(0.5) ? "blackhole" : "swallowReplies");
    try {
      await sleep(brief ? 5000 : rng.int(2000, 12_000));
    } finally {
      http.set("pass");
    }
  },
};

const hanging: Fault = {
  name: "clients stop reading",
  touches: "clients",
  async inject({ load, rng, brief }) {
    const some = load.clients.filter(() => rng.chance(0.3));
    for (const client of some) client.hang();
    try {
      await sleep(brief ? 4000 : rng.int(2000, 10_000));
    } finally {
      for (const client of some) client.wake();
    }
  },
};

export const CLIENT_FAULTS: readonly Fault[] = [cut, clientsHalfOpen, hanging];
