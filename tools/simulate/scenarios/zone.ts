import type { Instance } from "../instance.js";
import { BEFORE_MS, type Scenario, type Stage } from "../scenario.js";

/** The instances of one zone, over which they are spread evenly. */
function zoneOf({ fleet, setting }: Stage): Instance[] {
  return fleet.instances.filter(({ number }) => number % setting.zones === 0);
}

function loseMachines({ fleet, setting, after }: Stage, lost: readonly Instance[]): void {
  for (const instance of lost) fleet.endInstance(instance, "dark");
  after(setting.healthMs, () => {
    for (const instance of lost) instance.isInRotation = false;
    fleet.rotate();
  });
}

const MARKS = [{ second: BEFORE_MS / 1000, name: "zone lost" }];

/** All connections break off in one moment, as where what is in front of the zone closes them. */
export const zone: Scenario = {
  name: "zone",
  title: "Loss of a zone, connections reset",
  begin(stage) {
    const { fleet, after } = stage;
    let isLost = false;
    after(BEFORE_MS, () => {
      const lost = zoneOf(stage);
      for (const { workers } of lost) for (const worker of workers) fleet.loseAll(worker);
      loseMachines(stage, lost);
      isLost = true;
    });
    return { isDone: () => isLost, marks: MARKS };
  },
};

/** Nobody closes anything: clients miss a heartbeat, each at a time of its own. */
export const silentZone: Scenario = {
  name: "silent",
  title: "Loss of a zone, noticed by heartbeats",
  begin(stage) {
    const { fleet, time, random, after } = stage;
    let left = 1;
    const notice = time.kind((client) => {
      fleet.lose(client);
      left -= 1;
    });
    after(BEFORE_MS, () => {
      const lost = zoneOf(stage);
      const { intervalMs, timeoutMs } = fleet.config.ping;
      for (const { workers } of lost)
        for (const { number } of workers)
          for (const client of fleet.clients.of(number)) {
            // It has had its last ping up to an interval ago.
            notice(timeoutMs + random() * intervalMs, client);
            left += 1;
          }
      loseMachines(stage, lost);
      left -= 1;
    });
    return { isDone: () => left === 0, marks: MARKS };
  },
};
