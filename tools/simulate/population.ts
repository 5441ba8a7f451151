/** Where a client is; it is in exactly one of these places. */
export const PLACE = { connected: 0, pausing: 1, asking: 2 } as const;

/** Nobody's number: of a worker. */
export const NOWHERE = 65_535;

/** All clients, in typed arrays: 30 bytes each. */
export class Population {
  readonly size: number;
  readonly place: Uint8Array;
  /** The worker that it is connected to. */
  readonly worker: Uint16Array;
  /** The instance that its handshake was given to. */
  readonly instance: Uint16Array;
  /** Failures since it was connected. */
  readonly failures: Uint8Array;
  /** Instances that the balancer has tried for its handshake. */
  readonly tries: Uint8Array;
  /** Number of its handshake: what comes of an earlier one does not concern it any more. */
  readonly turn: Uint32Array;
  readonly lostAtMs: Float64Array;
  readonly askedAtMs: Float64Array;
  readonly #libraryShare: number;

  constructor(size: number, libraryShare: number) {
    this.size = size;
    this.place = new Uint8Array(size);
    this.worker = new Uint16Array(size).fill(NOWHERE);
    this.instance = new Uint16Array(size);
    this.failures = new Uint8Array(size);
    this.tries = new Uint8Array(size);
    this.turn = new Uint32Array(size);
    this.lostAtMs = new Float64Array(size);
    this.askedAtMs = new Float64Array(size);
    this.#libraryShare = libraryShare;
  }

  /** Whether it uses the client library; the others are stock clients. */
  isOfLibrary(client: number): boolean {
    // In no step with what else goes by numbers, such as who is on which worker.
    return (Math.imul(client + 1, 0x9e3779b1) >>> 0) / 2 ** 32 < this.#libraryShare;
  }

  /** Those that are connected to a worker, in order of their numbers. */
  of(worker: number): number[] {
    const found: number[] = [];
    for (let client = 0; client < this.size; client += 1)
      if (this.worker[client] === worker && this.place[client] === PLACE.connected) found.push(client);
    return found;
  }
}
