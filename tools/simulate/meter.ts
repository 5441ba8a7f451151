import type { AdmissionResult } from "../../src/engine/realtime/admission.js";

/** What one second of the fleet was like. */
export interface Second {
  readonly second: number;
  /** Connections lost, handshakes that clients have begun, and connections made. */
  readonly lost: number;
  readonly asked: number;
  readonly back: number;
  /** Handshakes that clients saw refused, or gave up. */
  readonly failed: number;
  /** Clients that are not connected, at its end. */
  readonly away: number;
  /** Longest wait of a handshake that was answered in it. */
  readonly waitMs: number;
  /** Of the instance with the most. */
  readonly connections: number;
}

/** Why an instance has refused a handshake, besides what its admission says: none of its workers was ready, or it was gone. */
export type OtherRefusal = "no worker" | "no instance";

const BUCKET_MS = 10;
/** Up to an hour; what takes longer counts as that. */
const BUCKETS = 360_000;

interface Counted {
  lost: number;
  asked: number;
  back: number;
  failed: number;
  waitMs: number;
}

const NOTHING: Counted = { lost: 0, asked: 0, back: 0, failed: 0, waitMs: 0 };

/** Counts what happens, by seconds. */
export class Meter {
  readonly seconds: Second[] = [];
  readonly refusals = new Map<AdmissionResult | OtherRefusal, number>();
  /** Of all seconds together. */
  readonly total = { ...NOTHING };
  /** Handshakes beyond the first one after a loss. */
  repeats = 0;
  /** Handshakes that had no answer in time. */
  timeouts = 0;
  away = 0;
  /** Most handshakes, and most new connections, of one instance within a second. */
  readonly mostOfInstance = { asked: 0, back: 0 };
  readonly #now: () => number;
  readonly #mostConnections: () => number;
  readonly #aways = new Uint32Array(BUCKETS);
  #current: Counted = { ...NOTHING };
  #askedOf = new Uint32Array(64);
  #backOf = new Uint32Array(64);

  /** `now` is in milliseconds; `mostConnections` are those of the fullest instance. */
  constructor(now: () => number, mostConnections: () => number) {
    this.#now = now;
    this.#mostConnections = mostConnections;
  }

  decided(result: AdmissionResult | OtherRefusal): void {
    if (result !== "accepted") this.refusals.set(result, (this.refusals.get(result) ?? 0) + 1);
  }

  /** Has the seconds counted that have passed. */
  tick(): void {
    this.#roll();
  }

  lost(): void {
    this.#roll();
    this.#current.lost += 1;
    this.away += 1;
  }

  asked(isRepeat: boolean): void {
    this.#roll();
    this.#current.asked += 1;
    if (isRepeat) this.repeats += 1;
  }

  /** The balancer has given a handshake to an instance. */
  reached(instance: number): void {
    this.#roll();
    this.#askedOf = counted(this.#askedOf, instance);
  }

  back(instance: number, awayMs: number, waitMs: number): void {
    this.#answered(waitMs);
    this.#current.back += 1;
    this.away -= 1;
    this.#backOf = counted(this.#backOf, instance);
    const bucket = Math.min(BUCKETS - 1, Math.floor(awayMs / BUCKET_MS));
    this.#aways[bucket] = (this.#aways[bucket] as number) + 1;
  }

  /** A client saw that its handshake was refused. */
  failed(waitMs: number): void {
    this.#answered(waitMs);
    this.#current.failed += 1;
  }

  timedOut(waitMs: number): void {
    this.failed(waitMs);
    this.timeouts += 1;
  }

  /** Time that this part of all who came back were away at most, in milliseconds. */
  awayMs(part: number): number {
    const wanted = Math.ceil(this.total.back * part);
    let sum = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      sum += this.#aways[bucket] as number;
      if (sum >= wanted && wanted > 0) return (bucket + 1) * BUCKET_MS;
    }
    return 0;
  }

  /** Counts the second that has begun, too. */
  finish(): void {
    this.#close();
  }

  #answered(waitMs: number): void {
    this.#roll();
    this.#current.waitMs = Math.max(this.#current.waitMs, waitMs);
  }

  #roll(): void {
    while (this.seconds.length < Math.floor(this.#now() / 1000)) this.#close();
  }

  #close(): void {
    const { lost, asked, back, failed, waitMs } = this.#current;
    const second = this.seconds.length;
    const connections = this.#mostConnections();
    this.seconds.push({ second, lost, asked, back, failed, waitMs, away: this.away, connections });
    const { total, mostOfInstance } = this;
    total.lost += lost;
    total.asked += asked;
    total.back += back;
    total.failed += failed;
    total.waitMs = Math.max(total.waitMs, waitMs);
    mostOfInstance.asked = largest(this.#askedOf, mostOfInstance.asked);
    mostOfInstance.back = largest(this.#backOf, mostOfInstance.back);
    this.#current = { ...NOTHING };
    this.#askedOf.fill(0);
    this.#backOf.fill(0);
  }
}

function counted(counts: Uint32Array<ArrayBuffer>, place: number): Uint32Array<ArrayBuffer> {
  let room = counts;
  if (place >= counts.length) {
    room = new Uint32Array(2 * place);
    room.set(counts);
  }
  room[place] = (room[place] as number) + 1;
  return room;
}

function largest(counts: Uint32Array, least: number): number {
  let most = least;
  for (const count of counts) most = Math.max(most, count);
  return most;
}
