import type { Worker } from "node:cluster";
import { createServer, type Socket } from "node:net";
import type { Config } from "../../config/config.js";
import { closeWith, NO_ROOM } from "../../http/close-with.js";
import { createShortage, descriptorCapacity } from "../../process/descriptors.js";
import { type Component, compose } from "../../process/lifecycle.js";
import { createListener, type Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { createNoRoomLog } from "../../process/no-room-log.js";
import { stopTimesOf } from "../../process/stop-times.js";
import { createFlights } from "./flights.js";

/** Most connections that a worker that was passed over, as it hung or was full, is given later to catch up with the others. */
const LONGEST_DEBT = 64;

/** Accepts connections in the primary and deals them to the workers. */
export interface Dispatcher {
  /** Accepts, from `start` to `stop`. */
  readonly listener: Listener;
  /** Carries connections; from before the first worker to after the last one. */
  readonly ground: Component;
}

/**
 * Accepts connections, unread, and gives them to the workers that `routable` names, in turn. A worker that hangs or
 * is full is passed over. Without a worker that is ready, and when more wait than the process has descriptors for, clients
 * get 503, and the log says so.
 */
export function createDispatcher(
  { host, port, shutdownTimeoutMs }: Pick<Config, "host" | "port" | "shutdownTimeoutMs">,
  routable: () => readonly Worker[],
  log: Logger,
): Dispatcher {
  const flights = createFlights(dispatch);
  const waiting = new Set<Socket>();
  const capacity = descriptorCapacity();
  const isShort = createShortage();
  const tellNoRoom = createNoRoomLog(log, "connections get 503: no worker can take them");
  /** Connections given to each worker, as far as they count for whose turn it is. */
  const given = new WeakMap<Worker, number>();

  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}); // the client's end; "close" follows
    // Those on their way count, too: with workers that all hang, there is no end to them.
    if (isShort()) return refuse(socket);
    socket.once("close", () => waiting.delete(socket)); // here, as one may wait many times
    wait(socket);
    dispatch();
  });

  /** No worker hears of it, so that its metrics have nothing either. */
  function refuse(socket: Socket): void {
    closeWith(socket, NO_ROOM);
    tellNoRoom();
  }

  function wait(socket: Socket): void {
    if (!socket.destroyed) waiting.add(socket);
  }

  /** Of those that can take one, the worker that has been given the fewest. */
  function nextWorker(): Worker | undefined {
    const workers = routable();
    const most = Math.max(0, ...workers.map((worker) => given.get(worker) ?? 0));
    let next: Worker | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const worker of workers) {
      const count = Math.max(given.get(worker) ?? most, most - LONGEST_DEBT);
      given.set(worker, count);
      if (count >= fewest || !flights.hasRoom(worker)) continue;
      next = worker;
      fewest = count;
    }
    if (next !== undefined) given.set(next, fewest + 1);
    return next;
  }

  function dispatch(): void {
    for (const socket of waiting) {
      const worker = nextWorker();
      if (worker === undefined) break;
      waiting.delete(socket);
      flights.send(worker, {
        socket,
        onLost(lost) {
          wait(lost);
          dispatch();
        },
      });
    }
    const isHopeless = routable().every(flights.isFull);
    for (const socket of waiting) {
      if (!isHopeless && waiting.size <= capacity) break;
      waiting.delete(socket);
      refuse(socket);
    }
  }

  const { acceptingMs } = stopTimesOf(shutdownTimeoutMs);
  const listener = createListener(server, host, port, { acceptingMs });
  return {
    ground: compose("dispatcher", [
      flights,
      {
        name: "waiting connections",
        start: async () => {},
        stop: async () => {
          for (const socket of waiting) closeWith(socket, NO_ROOM);
        },
      },
    ]),
    listener: { ...listener, name: "dispatcher's listener" },
  };
}
