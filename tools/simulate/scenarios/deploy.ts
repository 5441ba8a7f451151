import { closePaced } from "../../../src/engine/realtime/paced-close.js";
import type { Fleet } from "../fleet.js";
import type { Instance } from "../instance.js";
import { BEFORE_MS, type Scenario, type Stage } from "../scenario.js";
import type { Worker } from "../worker.js";

/** Until a new instance is ready. */
const BOOT_MS = 10_000;
/** k8s/base/deployment.yaml: minReadySeconds, and the pause of preStop. */
const MIN_READY_MS = 60_000;
const PRE_STOP_MS = 10_000;
/** Until gateways have heard that an instance is on its way out. */
const GATEWAYS_MS = 5000;

type Connections = Parameters<typeof closePaced>[0];

/** A connection that a drain closes. */
class OpenConnection {
  readonly openEvents = 0;
  readonly close: () => void;

  constructor(close: () => void) {
    this.close = close;
  }

  get raw(): this {
    return this;
  }
}

/** All clients of a worker are sent away, by its real drain. */
async function drain({ door, number }: Worker, fleet: Fleet, windowMs: number): Promise<void> {
  door.close();
  const open = new Set<OpenConnection>();
  for (const client of fleet.clients.of(number)) {
    const connection = new OpenConnection(() => {
      open.delete(connection);
      fleet.lose(client);
    });
    open.add(connection);
  }
  if (windowMs > 0) await closePaced(open as unknown as Connections, windowMs);
}

async function stop(instance: Instance, { fleet }: Stage): Promise<void> {
  await Promise.all(instance.workers.map((worker) => drain(worker, fleet, fleet.config.drainWindowMs)));
  // Who was let in just before; without a window everybody.
  for (const worker of instance.workers) fleet.loseAll(worker);
  fleet.endInstance(instance, "closed");
}

/** New instances take the place of old ones, as Kubernetes does it with the manifests. */
export const deploy: Scenario = {
  name: "deploy",
  title: "Rolling deploy",
  begin(stage) {
    const { fleet, setting, after } = stage;
    const old = [...fleet.instances];
    let toStart = old.length;
    let stopped = 0;

    function startOne(): void {
      if (toStart === 0) return;
      toStart -= 1;
      const instance = fleet.addInstance(false);
      after(BOOT_MS, () => {
        for (const worker of instance.workers) worker.isReady = true;
        instance.isInRotation = true;
        fleet.rotate();
        after(MIN_READY_MS, replaceOne);
      });
    }

    function replaceOne(): void {
      const leaving = old.shift();
      if (leaving === undefined) return;
      after(GATEWAYS_MS, () => {
        leaving.isInRotation = false;
        fleet.rotate();
      });
      after(PRE_STOP_MS, () => {
        void stop(leaving, stage).then(() => {
          stopped += 1;
        });
      });
      startOne();
    }

    after(BEFORE_MS, () => {
      for (let started = 0; started < setting.surge; started += 1) startOne();
    });
    return { isDone: () => stopped === setting.instances, marks: [] };
  },
};
