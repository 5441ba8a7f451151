import type { Plant } from "./costs.js";
import { WaitingLine } from "./waiting-line.js";
import { hasPrimary, type Machine, type Worker } from "./worker.js";

/**
 * What becomes of who comes: `open` takes connections; `closed` has ended, and its machine says so at once; `dark` is gone with its machine, and
 * nobody says anything.
 */
export type InstanceState = "open" | "closed" | "dark";

/** What an instance is made of. */
interface InstanceParts {
  readonly plant: Plant;
  /** Has {@link Instance.dealt} called when the primary is done with a connection. */
  readonly schedule: (delayMs: number, instance: number) => void;
  /** No worker can take it. */
  readonly refuse: (client: number, turn: number) => void;
}

/** A primary with its workers. */
export class Instance {
  readonly number: number;
  readonly workers: Worker[];
  readonly machine: Machine;
  state: InstanceState = "open";
  /** Whether the balancer gives it new connections. */
  isInRotation = true;
  /** Connections that the balancer has to it, those included that it is opening. */
  balanced = 0;
  readonly #parts: InstanceParts;
  readonly #line = new WaitingLine();
  #isBusy = false;

  constructor(number: number, workers: Worker[], machine: Machine, parts: InstanceParts) {
    this.number = number;
    this.workers = workers;
    this.machine = machine;
    this.#parts = parts;
  }

  /** Open connections of all workers. */
  get connections(): number {
    return this.workers.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** A connection comes from the balancer, or back from a worker that has ended before it took it. */
  accept(client: number, turn: number): void {
    if (hasPrimary(this.#parts.plant.config)) {
      this.#line.push(client, turn);
      this.#begin();
    } else this.#give(client, turn);
  }

  /** The primary is done with a connection. */
  dealt(): void {
    if (!this.#isBusy) return; // it has ended meanwhile
    this.#isBusy = false;
    this.machine.busy -= 1;
    const [client, turn] = this.#line.shift();
    this.#give(client, turn);
    this.#begin();
  }

  /** All its processes have ended. Gives the handshakes that it had. */
  end(state: InstanceState): (readonly [number, number])[] {
    this.state = state;
    if (this.#isBusy) this.machine.busy -= 1;
    this.#isBusy = false;
    const had: (readonly [number, number])[] = [];
    while (this.#line.length > 0) had.push(this.#line.shift());
    for (const worker of this.workers) {
      const { unread, begun } = worker.end();
      had.push(...unread, ...begun);
    }
    return had;
  }

  /** A worker in the place of one that has ended. It begins with as many as the others were given. */
  replace(old: Worker, successor: Worker): void {
    successor.given = Math.max(0, ...this.workers.map(({ given }) => given));
    this.workers.splice(this.workers.indexOf(old), 1, successor);
  }

  #begin(): void {
    if (this.#isBusy || this.#line.length === 0) return;
    const { machine } = this;
    const { plant, schedule } = this.#parts;
    this.#isBusy = true;
    machine.busy += 1;
    schedule((plant.coefficients.usPerDeal / 1000) * machine.slowness(), this.number);
  }

  /** To the worker that was given the fewest. */
  #give(client: number, turn: number): void {
    let next: Worker | undefined;
    for (const worker of this.workers)
      if (worker.isReady && (next === undefined || worker.given < next.given)) next = worker;
    if (next === undefined) {
      this.#parts.refuse(client, turn);
      return;
    }
    next.given += 1;
    next.take(client, turn);
  }
}
