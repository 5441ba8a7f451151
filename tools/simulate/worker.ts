import { besideOtherWork, type Plant } from "./costs.js";
import { createDoor, type Door } from "./door.js";
import { LagMeter } from "./lag-meter.js";
import type { Meter } from "./meter.js";
import type { VirtualTime } from "./virtual-time.js";
import { WaitingLine } from "./waiting-line.js";

/** Processes that share the cores of a machine. */
export class Machine {
  /** How many are at work. */
  busy = 0;
  readonly #cores: number;

  constructor(cores: number) {
    this.#cores = cores;
  }

  /** How many times as long as on a core of its own the work of one of them takes now. */
  slowness(): number {
    return Math.max(1, this.busy / this.#cores);
  }
}

/** What becomes of a handshake in a worker. */
export interface Answers {
  accepted(client: number, turn: number, worker: Worker): void;
  refused(client: number, turn: number): void;
}

/** What a worker is made of. */
export interface WorkerParts {
  readonly time: VirtualTime;
  readonly plant: Plant;
  readonly machine: Machine;
  readonly meter: Meter;
  readonly answers: Answers;
  /** Has {@link Worker.done} called when it is done with what it begins. */
  readonly schedule: (delayMs: number, worker: number) => void;
}

/** Turn of what is no handshake. */
const JOB = -1;

/** Handshakes that a worker had when it ended, with their turns. */
export interface Leftovers {
  /** Which it had not read. */
  readonly unread: readonly (readonly [client: number, turn: number])[];
  readonly begun: readonly (readonly [client: number, turn: number])[];
}

/** Of a handshake; `later`: it is kept waiting for its answer. */
type Outcome = "in" | "out" | "later";

/** A worker process: does one thing after the other. */
export class Worker {
  readonly number: number;
  /** The number of its instance. */
  readonly instance: number;
  /** Of clients that were let in and are not gone. */
  connections = 0;
  isReady = false;
  /** Connections that the primary has given it, by which it decides whose turn it is. */
  given = 0;
  readonly door: Door;
  readonly #parts: WorkerParts;
  readonly #lag = new LagMeter();
  readonly #line = new WaitingLine();
  readonly #jobs = new Map<number, { readonly us: number; readonly done: () => void }>();
  #lastJob = 0;
  #isAlive = true;
  #isBusy = false;
  /** What it is at. */
  #subject = 0;
  #turn = 0;
  /** How the handshake that it is at was judged. */
  #outcome: Outcome = "later";
  #isJudging = false;
  #turnStartMs = 0;
  #leftInTurn = 0;

  constructor(number: number, instance: number, parts: WorkerParts) {
    this.number = number;
    this.instance = instance;
    this.#parts = parts;
    const { answers, meter, plant, time } = parts;
    this.door = createDoor({
      config: plant.config,
      connections: () => this.connections,
      meanLagMs: () => this.#lag.meanMs(time.nowMs),
      onResult: (result) => meter.decided(result),
      onIn: (client, turn) => {
        if (!this.#isAlive) return; // it was kept waiting meanwhile
        this.connections += 1;
        if (this.#isJudging) this.#outcome = "in";
        else answers.accepted(client, turn, this);
      },
      onRefused: (client, turn) => {
        if (this.#isJudging) this.#outcome = "out";
        else if (this.#isAlive) answers.refused(client, turn);
      },
    });
  }

  /** A connection has come. */
  take(client: number, turn: number): void {
    this.#line.push(client, turn);
    this.#begin();
  }

  /** Something else to do, such as an event of a connection. */
  work(us: number, done: () => void): void {
    this.#lastJob += 1;
    this.#jobs.set(this.#lastJob, { us, done });
    this.take(this.#lastJob, JOB);
  }

  /** The process has ended. */
  end(): Leftovers {
    const begun = this.#isBusy && this.#turn !== JOB ? [[this.#subject, this.#turn] as const] : [];
    if (this.#isBusy) this.#parts.machine.busy -= 1;
    this.#isBusy = false;
    this.#isAlive = false;
    this.isReady = false;
    this.connections = 0;
    const unread: (readonly [number, number])[] = [];
    while (this.#line.length > 0) unread.push(this.#line.shift());
    return { unread: unread.filter(([, turn]) => turn !== JOB), begun };
  }

  /** It is done with what it was at. */
  done(): void {
    if (!this.#isBusy) return; // it has ended meanwhile
    const { machine, time, answers } = this.#parts;
    this.#isBusy = false;
    machine.busy -= 1;
    this.#leftInTurn -= 1;
    if (this.#leftInTurn === 0) this.#lag.turn(time.nowMs - this.#turnStartMs, time.nowMs);
    const [subject, turn] = [this.#subject, this.#turn]; // what follows may begin the next one
    if (turn === JOB) {
      this.#jobs.get(subject)?.done();
      this.#jobs.delete(subject);
    } else if (this.#isIn()) answers.accepted(subject, turn, this);
    else if (this.#outcome === "out") answers.refused(subject, turn);
    this.#begin();
  }

  #begin(): void {
    if (this.#isBusy || !this.#isAlive || this.#line.length === 0) return;
    const { machine, plant, schedule, time } = this.#parts;
    if (this.#leftInTurn === 0) {
      this.#turnStartMs = time.nowMs;
      this.#leftInTurn = hasPrimary(plant.config) ? 1 : this.#line.length;
    }
    [this.#subject, this.#turn] = this.#line.shift();
    const us = this.#turn === JOB ? (this.#jobs.get(this.#subject)?.us ?? 0) : this.#judge();
    this.#isBusy = true;
    machine.busy += 1;
    schedule(besideOtherWork(us, this.connections, plant) * machine.slowness(), this.number);
  }

  /** Whether the handshake that it is at was let in. */
  #isIn(): boolean {
    return this.#outcome === "in";
  }

  /** What the handshake costs that it is at. */
  #judge(): number {
    const { usPerHandshake, usPerRefusal } = this.#parts.plant.coefficients;
    this.#outcome = "later";
    this.#isJudging = true;
    this.door.knock(this.#subject, this.#turn);
    this.#isJudging = false;
    return this.#isIn() ? usPerHandshake : usPerRefusal;
  }
}

/**
 * Whether a primary accepts the connections. It sends a worker the next one when the one before was taken, so that a worker reads one in each turn
 * of its event loop; a process that listens by itself accepts all that wait.
 */
export function hasPrimary({ workers, routing, listen }: Plant["config"]): boolean {
  return workers > 1 && (routing === "sticky" || listen === "primary");
}
