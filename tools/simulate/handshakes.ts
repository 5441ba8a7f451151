import type { Balancer } from "./balancer.js";
import type { Plant } from "./costs.js";
import { Deadlines } from "./deadlines.js";
import type { Instance } from "./instance.js";
import type { Meter } from "./meter.js";
import { PLACE, type Population } from "./population.js";
import { createStockClient } from "./stock-client.js";
import type { Schedule, VirtualTime } from "./virtual-time.js";
import type { Worker } from "./worker.js";

/** What handshakes go through. */
interface HandshakeParts {
  readonly time: VirtualTime;
  readonly plant: Plant;
  readonly clients: Population;
  readonly instances: readonly Instance[];
  readonly balancer: Balancer;
  readonly meter: Meter;
  /** Instances that the balancer asks for one handshake, the first one included. */
  readonly tries: number;
  readonly onBack: (client: number, worker: Worker) => void;
}

/** From a client to an instance, and back. */
const NETWORK_MS = 20;
/** Until a balancer gives up to connect to a machine that is gone: nginx/snippets/proxy.conf. */
const CONNECT_TIMEOUT_MS = 2000;
/** Between two instances that a balancer tries. */
const HOP_MS = 1;

/** The way of clients from a lost connection to the next one. */
export class Handshakes {
  readonly #parts: HandshakeParts;
  readonly #stock = createStockClient();
  readonly #deadlines: Deadlines;
  readonly #askLater: Schedule;
  readonly #reachLater: Schedule;
  readonly #giveUpLater: Schedule;

  constructor(parts: HandshakeParts) {
    const { time } = parts;
    this.#parts = parts;
    this.#deadlines = new Deadlines(time, this.#stock.timeoutMs, (client, turn) => this.#late(client, turn));
    this.#askLater = time.kind((client) => this.#ask(client));
    this.#reachLater = time.kind((client) => this.#reach(client));
    this.#giveUpLater = time.kind((client) => this.#giveUp(client));
  }

  /** It comes back after the pause of its back-off. */
  comeBack(client: number): void {
    const { clients } = this.#parts;
    const failures = clients.failures[client] as number;
    clients.place[client] = PLACE.pausing;
    clients.failures[client] = Math.min(255, failures + 1);
    this.#askLater(this.#stock.pauseMs(failures), client);
  }

  #ask(client: number): void {
    const { clients, time, meter } = this.#parts;
    clients.place[client] = PLACE.asking;
    clients.turn[client] = (clients.turn[client] as number) + 1;
    clients.askedAtMs[client] = time.nowMs;
    clients.tries[client] = 0;
    meter.asked((clients.failures[client] as number) > 1);
    this.#deadlines.begin(client, clients.turn[client] as number);
    this.#route(client, NETWORK_MS);
  }

  /** Whoever still waits gives up. */
  #late(client: number, turn: number): void {
    if (!this.#isAsking(client, turn)) return;
    this.#parts.meter.timedOut(this.#stock.timeoutMs);
    this.#putBack(client);
    this.comeBack(client);
  }

  #isAsking(client: number, turn: number): boolean {
    return this.#parts.clients.place[client] === PLACE.asking && this.#parts.clients.turn[client] === turn;
  }

  /** To the next instance. */
  #route(client: number, afterMs: number): void {
    const { clients } = this.#parts;
    const before =
      (clients.tries[client] as number) > 0
        ? this.#parts.instances[clients.instance[client] as number]
        : undefined;
    const instance = this.#parts.balancer.pick(before);
    if (instance === undefined) {
      this.#parts.meter.decided("no instance");
      this.#fail(client);
      return;
    }
    clients.tries[client] = (clients.tries[client] as number) + 1;
    clients.instance[client] = instance.number;
    instance.balanced += 1;
    this.#reachLater(afterMs, client);
  }

  #reach(client: number): void {
    const { clients } = this.#parts;
    if (clients.place[client] !== PLACE.asking) return;
    const instance = this.#parts.instances[clients.instance[client] as number] as Instance;
    this.#parts.meter.reached(instance.number);
    if (instance.state === "open") instance.accept(client, clients.turn[client] as number);
    else if (instance.state === "dark") this.#giveUpLater(CONNECT_TIMEOUT_MS, client);
    else this.#gone(client);
  }

  /** The balancer has waited long enough for a machine that is gone. */
  #giveUp(client: number): void {
    const { clients } = this.#parts;
    const hasAskedSince = (clients.askedAtMs[client] as number) > this.#parts.time.nowMs - CONNECT_TIMEOUT_MS;
    if (clients.place[client] === PLACE.asking && !hasAskedSince) this.#gone(client);
  }

  #gone(client: number): void {
    this.#parts.meter.decided("no instance");
    this.refused(client, this.#parts.clients.turn[client] as number);
  }

  /** A worker has let it in. */
  accepted(client: number, turn: number, worker: Worker): void {
    const { clients, meter, time, plant, onBack } = this.#parts;
    if (!this.#isAsking(client, turn)) {
      worker.connections -= 1; // it has given up: the connection ends as soon as it is there
      return;
    }
    const { nowMs } = time;
    clients.place[client] = PLACE.connected;
    clients.worker[client] = worker.number;
    clients.failures[client] = 0;
    const since = (atMs: Float64Array): number => nowMs - (atMs[client] as number);
    meter.back(worker.instance, since(clients.lostAtMs), since(clients.askedAtMs) + NETWORK_MS);
    const { usPerToken, usPerMessage } = plant.coefficients;
    const tokenUs = plant.config.auth.kind === "jwt" ? usPerToken : 0;
    worker.work(tokenUs + (clients.isOfLibrary(client) ? usPerMessage : 0), () => {}); // whose rooms it subscribes to
    onBack(client, worker);
  }

  /** An instance has refused it, or is gone: the balancer may ask another one. */
  refused(client: number, turn: number): void {
    if (!this.#isAsking(client, turn)) return;
    this.#putBack(client);
    if ((this.#parts.clients.tries[client] as number) < this.#parts.tries) this.#route(client, HOP_MS);
    else this.#fail(client);
  }

  #putBack(client: number): void {
    const instance = this.#parts.instances[this.#parts.clients.instance[client] as number];
    if (instance !== undefined) instance.balanced -= 1;
  }

  #fail(client: number): void {
    this.#parts.meter.failed(
      this.#parts.time.nowMs - (this.#parts.clients.askedAtMs[client] as number) + NETWORK_MS,
    );
    this.comeBack(client);
  }
}
