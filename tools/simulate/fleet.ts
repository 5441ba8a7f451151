import type { Config } from "../../src/engine/config/config.js";
import { type Balancer, type BalancerKind, createBalancer } from "./balancer.js";
import type { Coefficients, Plant } from "./costs.js";
import { Handshakes } from "./handshakes.js";
import { Instance, type InstanceState } from "./instance.js";
import { Meter } from "./meter.js";
import { NOWHERE, PLACE, Population } from "./population.js";
import type { Schedule, VirtualTime } from "./virtual-time.js";
import { Machine, Worker } from "./worker.js";

/** What a fleet is made of. */
export interface FleetParts {
  readonly time: VirtualTime;
  readonly plant: Plant;
  readonly clients: number;
  readonly instances: number;
  readonly libraryShare: number;
  readonly balancer: BalancerKind;
  /** Instances that the balancer asks for one handshake, the first one included. */
  readonly tries: number;
}

/** Clients, balancer and instances. */
export class Fleet {
  readonly clients: Population;
  readonly instances: Instance[] = [];
  readonly workers: Worker[] = [];
  readonly meter: Meter;
  readonly config: Config;
  readonly coefficients: Coefficients;
  /** Called with each client that is connected again. */
  onBack: (client: number, worker: Worker) => void = () => {};
  readonly #parts: FleetParts;
  readonly #balancer: Balancer;
  readonly #handshakes: Handshakes;
  readonly #done: Schedule;
  readonly #dealt: Schedule;

  constructor(parts: FleetParts) {
    const { time, clients, libraryShare } = parts;
    this.#parts = parts;
    this.config = parts.plant.config;
    this.coefficients = parts.plant.coefficients;
    this.clients = new Population(clients, libraryShare);
    this.meter = new Meter(
      () => time.nowMs,
      () => Math.max(0, ...this.instances.map(({ connections }) => connections)),
    );
    this.#balancer = createBalancer(parts.balancer);
    this.#done = time.kind((worker) => this.workers[worker]?.done());
    this.#dealt = time.kind((instance) => this.instances[instance]?.dealt());
    this.#handshakes = new Handshakes({
      ...{ time, plant: parts.plant, tries: parts.tries },
      ...{ clients: this.clients, instances: this.instances, balancer: this.#balancer, meter: this.meter },
      onBack: (client, worker) => this.onBack(client, worker),
    });
    for (let number = 0; number < parts.instances; number += 1) this.addInstance(true);
    this.rotate();
    this.#connectAll();
  }

  /** An instance whose workers are ready, or will be. Nobody is given to it before {@link rotate}. */
  addInstance(isReady: boolean): Instance {
    const { plant } = this.#parts;
    const number = this.instances.length;
    const machine = new Machine(plant.cores);
    const workers = Array.from({ length: plant.config.workers }, () =>
      this.addWorker(number, machine, isReady),
    );
    const refuse = (client: number, turn: number): void => {
      this.meter.decided("no worker");
      this.#handshakes.refused(client, turn);
    };
    const instance = new Instance(number, workers, machine, { plant, schedule: this.#dealt, refuse });
    instance.isInRotation = isReady;
    this.instances.push(instance);
    return instance;
  }

  addWorker(instance: number, machine: Machine, isReady: boolean): Worker {
    const { time, plant } = this.#parts;
    const worker = new Worker(this.workers.length, instance, {
      ...{ time, plant, machine, meter: this.meter, schedule: this.#done },
      answers: {
        accepted: (client, turn, at) => this.#handshakes.accepted(client, turn, at),
        refused: (client, turn) => this.#handshakes.refused(client, turn),
      },
    });
    worker.isReady = isReady;
    this.workers.push(worker);
    return worker;
  }

  /** The balancer hears who is in rotation. */
  rotate(): void {
    this.#balancer.know(this.instances);
  }

  /** Ends a connection; its client comes back by itself. */
  lose(client: number): void {
    const { clients, workers, instances } = this;
    const worker = workers[clients.worker[client] as number];
    if (worker === undefined || clients.place[client] !== PLACE.connected) return;
    const instance = instances[worker.instance];
    if (instance !== undefined) instance.balanced -= 1;
    worker.connections = Math.max(0, worker.connections - 1); // none where it has ended
    clients.worker[client] = NOWHERE;
    clients.lostAtMs[client] = this.#parts.time.nowMs;
    clients.failures[client] = 0;
    this.meter.lost();
    this.#handshakes.comeBack(client);
  }

  /** The same for all that a worker has. */
  loseAll({ number }: Worker): void {
    for (const client of this.clients.of(number)) this.lose(client);
  }

  /** All its processes are gone. What it had of handshakes breaks off, or where it is dark stays without an answer. */
  endInstance(instance: Instance, state: Exclude<InstanceState, "open">): void {
    const had = instance.end(state);
    if (state === "dark") return;
    for (const [client, turn] of had) this.#handshakes.refused(client, turn);
  }

  /** A worker is gone: the primary gives to others what it had not read, and what it was at breaks off. */
  endWorker(worker: Worker): void {
    const instance = this.instances[worker.instance] as Instance;
    const { unread, begun } = worker.end();
    for (const [client, turn] of unread) instance.accept(client, turn);
    for (const [client, turn] of begun) this.#handshakes.refused(client, turn);
  }

  /** How many clients are in each place, and how many connections the workers have, those included whose client does not know yet. */
  census(): { readonly connected: number; readonly away: number; readonly connections: number } {
    const connected = this.clients.place.reduce((sum, place) => sum + (place === PLACE.connected ? 1 : 0), 0);
    const connections = this.instances.reduce((sum, one) => sum + one.connections, 0);
    return { connected, away: this.clients.size - connected, connections };
  }

  /** Evenly, as after a long time. */
  #connectAll(): void {
    const { clients, workers } = this;
    for (let client = 0; client < clients.size; client += 1) {
      const worker = workers[client % workers.length] as Worker;
      clients.worker[client] = worker.number;
      worker.connections += 1;
      (this.instances[worker.instance] as Instance).balanced += 1;
    }
  }
}
