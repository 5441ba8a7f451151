import { Gauge, type Registry } from "prom-client";
import type { MetricFamily } from "../ipc/messages.js";
import type { Component } from "../process/lifecycle.js";
import { createBusMetrics } from "./bus-metrics.js";
import { createConnectionMetrics } from "./connection-metrics.js";
import { createDurations } from "./durations.js";
import { createEventMetrics, type EventNames } from "./event-metrics.js";
import { createFeatureMetrics } from "./feature-metrics.js";
import { createHttpMetrics } from "./http-metrics.js";
import { createLimitMetrics } from "./limit-metrics.js";
import { addProcessMetrics, createRegistry, readFamilies } from "./registry.js";
import { createRevocationMetrics } from "./revocation-metrics.js";
import { createRightsMetrics } from "./rights-metrics.js";
import { createRoomMetrics } from "./room-metrics.js";
import { createTokenMetrics } from "./token-metrics.js";
import type {
  ActiveTrace,
  BusMetrics,
  ConnectionMetrics,
  EventMetrics,
  FeatureMetrics,
  HttpMetrics,
  LimitMetrics,
  RevocationMetrics,
  RightsMetrics,
  RoomMetrics,
  TokenMetrics,
} from "./types.js";

/** A store that takes longer to answer counts as down, in milliseconds: a collection has to be over within a second. */
const PING_TIMEOUT_MS = 500;

interface Pingable {
  ping(timeoutMs: number): Promise<boolean>;
}

interface Refusing extends Pingable {
  refusal(): string | undefined;
}

/** What is looked at when metrics are collected; nothing of it is kept in between, so nothing can drift. */
export interface WorkerState {
  /** Connections by transport. */
  connections(): Readonly<Record<"websocket" | "polling", number>>;
  readonly connectionsLimit: number;
  /** Open streams of events, which count against that limit, too. */
  streams(): number;
  lagMs(): number;
  readonly mongo: Pingable;
  /** Absent when none is configured: then there is no such series. */
  readonly redis: Refusing | undefined;
}

/** All that a worker measures. `start` begins with what concerns the process as a whole. */
export interface WorkerMetrics extends Component {
  readonly connections: ConnectionMetrics;
  readonly http: HttpMetrics;
  readonly rooms: RoomMetrics;
  readonly bus: BusMetrics;
  readonly limits: LimitMetrics;
  readonly tokens: TokenMetrics;
  readonly rights: RightsMetrics;
  readonly revocations: RevocationMetrics;
  readonly features: FeatureMetrics;
  /** Begins to measure events of these names. Once. */
  ofEvents(names: EventNames): EventMetrics;
  /** Begins to show the state. Once. */
  show(state: WorkerState): void;
  /** Everything, as it is now. */
  collect(): Promise<MetricFamily[]>;
}

/** The metrics of the worker in this slot. Its counters begin at zero with it. With `activeTrace` durations have exemplars. */
export function createWorkerMetrics(slot: number, activeTrace?: ActiveTrace): WorkerMetrics {
  const registry = createRegistry(String(slot));
  const durations = createDurations(registry, String(slot), activeTrace);
  return {
    name: "metrics",
    async start() {
      addProcessMetrics(registry);
    },
    async stop() {},
    connections: createConnectionMetrics(registry),
    http: createHttpMetrics(durations),
    rooms: createRoomMetrics(registry, durations),
    bus: createBusMetrics(registry),
    limits: createLimitMetrics(registry),
    tokens: createTokenMetrics(registry),
    rights: createRightsMetrics(registry),
    revocations: createRevocationMetrics(registry),
    features: createFeatureMetrics(registry, durations),
    ofEvents: (names) => createEventMetrics(registry, durations, names),
    show: (state) => addState(registry, state),
    collect: () => readFamilies(registry, durations.openMetrics),
  };
}

function addState(registry: Registry, state: WorkerState): void {
  const registers = [registry];
  new Gauge({
    name: "realtime_connections",
    help: "Open connections by transport",
    labelNames: ["transport"],
    registers,
    collect() {
      for (const [transport, count] of Object.entries(state.connections())) this.set({ transport }, count);
    },
  });
  new Gauge({
    name: "realtime_connections_limit",
    help: "Connections and streams beyond which a worker refuses handshakes and streams",
    registers,
  }).set(state.connectionsLimit);
  new Gauge({
    name: "realtime_streams",
    help: "Open streams of server-sent events, which count as connections where those are limited",
    registers,
    collect() {
      this.set(state.streams());
    },
  });
  new Gauge({
    name: "realtime_event_loop_lag_seconds",
    help: "Mean delay of the event loop over the last second; handshakes are refused by it",
    registers,
    collect() {
      this.set(state.lagMs() / 1000);
    },
  });
  addStore(registry, "realtime_mongo_up", "Whether MongoDB answers", state.mongo);
  const { redis } = state;
  if (redis === undefined) return;
  addStore(registry, "realtime_redis_up", "Whether Redis answers and grants all that is asked of it", redis);
  new Gauge({
    name: "realtime_redis_refused",
    help: "Whether Redis is there and refuses what is asked of it, which does not pass by itself",
    registers,
    collect() {
      this.set(redis.refusal() === undefined ? 0 : 1);
    },
  });
}

function addStore(registry: Registry, name: string, help: string, store: Pingable): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set((await store.ping(PING_TIMEOUT_MS)) ? 1 : 0);
    },
  });
}
