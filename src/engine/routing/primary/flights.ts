import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";
import { hearWorkers, type PoolHandlers, tellWorker } from "../../ipc/channel.js";
import type { PrimaryMessage } from "../../ipc/messages.js";
import type { Component } from "../../process/lifecycle.js";

/** Connections that may be on their way to a worker in any case. */
const WINDOW = 16;
/** A worker with more connections on their way counts as hung once the others have taken this many since it took its last one. */
const LEAD = 100;

/** Time between two looks for connections that did not arrive, in milliseconds. */
const CHECK_EVERY_MS = 1000;
/** Looks after which a worker that has not answered counts as hung, however few connections come, if another one takes them meanwhile. */
const SILENT_CHECKS = 3;

/** A connection on its way. */
interface Flight {
  readonly socket: Socket;
  /** The worker has ended without having taken it, or had no descriptor for it. Nobody has read of it. */
  onLost(socket: Socket): void;
}

/** The connections that are on their way to workers. */
export interface Flights extends Component {
  /** Whether the worker may be sent a connection now: it is not full, and does not seem to hang. */
  hasRoom(worker: Worker): boolean;
  /** Whether it has said that it can hold no further one. */
  isFull(worker: Worker): boolean;
  /** Sends the connection. This process keeps a copy open until the worker has taken it, so that none is lost with a worker. */
  send(worker: Worker, flight: Flight): void;
}

/**
 * `onRoom` is called when a worker may be sent connections again. The means are documented ones of `node:child_process`:
 * `send` with `keepOpen`, an acknowledgement of our own, and "close" of a child process, which comes after all that it said. A
 * receiver without a free descriptor gets no message at all, and Node tells nobody. So workers are asked now and then: what was sent
 * before the question and not taken before the answer is lost, as the channel keeps its order.
 */
export function createFlights(onRoom: () => void): Flights {
  let last = 0;
  const flights = new Map<Worker, Map<number, Flight>>();
  const full = new Set<Worker>();
  /** Connections taken, by all workers. */
  let taken = 0;
  /** The same as it was when a worker took its last one. */
  const takenAt = new WeakMap<Worker, number>();
  /** Workers that were asked and have not answered, with the number of looks since then. */
  const asked = new Map<Worker, number>();
  let checking: NodeJS.Timeout | undefined;
  let stopHearing = (): void => {};

  function check(): void {
    for (const [worker, { size }] of flights) {
      const silentFor = asked.get(worker);
      if (silentFor !== undefined) asked.set(worker, silentFor + 1);
      if (size === 0 || silentFor !== undefined || !worker.isConnected()) continue;
      asked.set(worker, 0);
      tellWorker(worker, { type: "shoal:check", flight: last });
    }
  }

  function onChecked(worker: Worker, upTo: number): void {
    asked.delete(worker);
    for (const [id, { socket, onLost }] of flights.get(worker) ?? []) {
      if (id > upTo) continue;
      flights.get(worker)?.delete(id);
      onLost(socket);
    }
  }

  function seemsHung(worker: Worker): boolean {
    const onTheWay = flights.get(worker)?.size ?? 0;
    const behind = taken - (takenAt.get(worker) ?? 0);
    if ((asked.get(worker) ?? 0) >= SILENT_CHECKS) return behind > 0;
    return onTheWay >= WINDOW && behind > LEAD;
  }

  function onFork(worker: Worker): void {
    worker.process.once("close", () => {
      const lost = flights.get(worker);
      flights.delete(worker);
      full.delete(worker);
      asked.delete(worker);
      for (const { socket, onLost } of lost?.values() ?? []) onLost(socket);
    });
  }

  const handlers: PoolHandlers = {
    "shoal:taken"(message, worker) {
      taken += 1;
      takenAt.set(worker, taken);
      if (message.full) full.add(worker);
      land(worker, message.flight);
      onRoom();
    },
    "shoal:checked"(message, worker) {
      onChecked(worker, message.flight);
      onRoom();
    },
    "shoal:vacant"(_message, worker) {
      full.delete(worker);
      onRoom();
    },
  };

  function land(worker: Worker, id: number): void {
    const flight = flights.get(worker)?.get(id);
    if (flight === undefined) return;
    flights.get(worker)?.delete(id);
    flight.socket.destroy();
  }

  return {
    name: "flights",
    async start() {
      cluster.on("fork", onFork);
      stopHearing = hearWorkers(handlers);
      checking = setInterval(check, CHECK_EVERY_MS);
    },
    async stop() {
      clearInterval(checking);
      cluster.off("fork", onFork);
      stopHearing();
      for (const one of flights.values()) for (const { socket } of one.values()) socket.destroy();
    },
    isFull: (worker) => full.has(worker),
    hasRoom: (worker) => worker.isConnected() && !full.has(worker) && !seemsHung(worker),
    send(worker, flight) {
      last += 1;
      const inTheAir = flights.get(worker) ?? new Map<number, Flight>();
      if (inTheAir.size === 0) takenAt.set(worker, taken);
      flights.set(worker, inTheAir.set(last, flight));
      const message: PrimaryMessage = { type: "shoal:connection", flight: last };
      worker.send(message, flight.socket, { keepOpen: true }, () => {}); // a failed send ends with the worker's "close"
    },
  };
}
