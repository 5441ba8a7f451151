import { ROOM_LIMITS } from "../../../src/engine/rooms/limits.js";
import { systemClock } from "../../../src/engine/rooms/ports.js";
import { createSweep, type SweepDeps } from "../../../src/engine/rooms/read/sweep.js";
import { createSubscriberClient } from "../../../src/engine/stores/redis-clients.js";
import { Rate } from "../rate.js";
import type { Course, Scenario, Setting, Stage } from "../scenario.js";
import { whole } from "../text.js";

/** Before the outage, so that the sweeps have their usual pace; and after it. */
const QUIET_MS = 15_000;
/** Until a connection to a Redis that is there is ready, and its subscriptions are in force. */
const READY_MS = 5;
/** A query of MongoDB. */
const QUERY_MS = 5;
/** Each worker has two: docs/capacity.md. */
const CONNECTIONS = 2;

type RetryDelay = (attempt: number) => number;

/** By the real client, which is not connected. */
function retryDelayOf(config: Parameters<typeof createSubscriberClient>[0]): RetryDelay {
  const { options } = createSubscriberClient(config);
  const strategy = "retryStrategy" in options ? options.retryStrategy : undefined;
  if (typeof strategy !== "function") throw new Error("loss of a Redis Cluster is not simulated");
  return (attempt) => Number(strategy(attempt));
}

/** Rooms that one worker follows: those of its clients of the library, of which each is in one. */
function roomsPerWorker({ clients, instances, workers, libraryShare, roomSize }: Setting): number {
  const rooms = Math.max(1, (clients * libraryShare) / roomSize);
  const members = (clients * libraryShare) / (instances * workers);
  return Math.ceil(rooms * (1 - (1 - 1 / rooms) ** members));
}

/** Connections of all workers to a Redis that goes away and comes back. */
function createConnections({ time, fleet }: Stage, retryDelay: RetryDelay, isThere: () => boolean) {
  const tried = new Rate(() => time.nowMs);
  const attempts = new Uint32Array(CONNECTIONS * fleet.workers.length);
  const isUp = new Uint8Array(attempts.length).fill(1);
  const onReady: (() => void)[] = [];
  let lastUpMs = 0;

  const tryAgain = time.kind((place) => {
    tried.add();
    if (isThere()) ready(READY_MS, place);
    else retry(place);
  });
  const ready = time.kind((place) => {
    attempts[place] = 0;
    isUp[place] = 1;
    lastUpMs = time.nowMs;
    if (place % CONNECTIONS === 0) onReady[place / CONNECTIONS]?.();
  });
  function retry(place: number): void {
    attempts[place] = (attempts[place] as number) + 1;
    tryAgain(retryDelay(attempts[place] as number), place);
  }
  return {
    tried,
    lastUpMs: () => lastUpMs,
    /** As the rooms of a worker see its link: the first connection is that of the subscriber. */
    link: (worker: number): SweepDeps["bus"] => ({
      isUp: () => isUp[CONNECTIONS * worker] === 1,
      onReady(handler) {
        onReady[worker] = handler;
        return () => {};
      },
    }),
    breakOff(): void {
      isUp.fill(0);
      for (let place = 0; place < attempts.length; place += 1) retry(place);
    },
  };
}

/** The real sweep of each worker, on rooms that have nothing new; counts what MongoDB is asked. */
function startSweeps({ time, fleet, setting }: Stage, link: (worker: number) => SweepDeps["bus"]): Rate {
  const queries = new Rate(() => time.nowMs);
  const names = Array.from({ length: roomsPerWorker(setting) }, (_, room) => ({ name: `r${room}` }));
  const rooms = { closeIdle() {}, all: () => names } as unknown as SweepDeps["rooms"];
  const reader: SweepDeps["reader"] = {
    heads() {
      queries.add();
      return new Promise((resolve) => setTimeout(() => resolve(new Map()), QUERY_MS));
    },
  };
  for (const { number } of fleet.workers) {
    const deps = { rooms, reader, bus: link(number), clock: systemClock(), report() {} };
    createSweep(deps, ROOM_LIMITS).start();
  }
  return queries;
}

/** Nobody is disconnected: what is lost is that the workers hear each other. */
export const redis: Scenario = {
  name: "redis",
  title: "Loss of Redis",
  begin(stage): Course {
    const { fleet, setting, after } = stage;
    const { config } = fleet;
    if (config.redis === undefined) throw new Error("there is no Redis to lose: REDIS_URL is empty");
    let isThere = true;
    let isOver = false;
    const connections = createConnections(stage, retryDelayOf(config.redis), () => isThere);
    const queries = startSweeps(stage, connections.link);
    const [goneS, backS] = [QUIET_MS / 1000, Math.ceil((QUIET_MS + setting.outageMs) / 1000)];
    after(QUIET_MS, () => {
      isThere = false;
      connections.breakOff();
    });
    after(QUIET_MS + setting.outageMs, () => {
      isThere = true;
    });
    after(2 * QUIET_MS + setting.outageMs, () => {
      isOver = true;
    });
    return {
      isDone: () => isOver,
      marks: [
        { second: goneS, name: "Redis gone" },
        { second: backS, name: "back" },
      ],
      findings: () => [
        ["rooms that a worker follows", whole(roomsPerWorker(setting))],
        ["queries/s of the sweeps to MongoDB: with Redis", whole(queries.mean(5, goneS))],
        [
          "without Redis; most in a second",
          `${whole(queries.mean(goneS, backS))}; ${whole(queries.peak(goneS, backS))}`,
        ],
        ["most in a second from its return on", whole(queries.peak(backS))],
        ["attempts/s to reach Redis, most", whole(connections.tried.peak())],
        [
          "s from its return until all workers hear each other",
          ((connections.lastUpMs() - QUIET_MS - setting.outageMs) / 1000).toFixed(1),
        ],
      ],
      series: () => [
        { title: "Queries of the rooms' sweeps", unit: "queries/s", values: queries.values },
        { title: "Attempts to reach Redis", unit: "attempts/s", values: connections.tried.values },
      ],
    };
  },
};
