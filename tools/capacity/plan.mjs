// The arithmetic of `npm run capacity`. Options are those of capacity.mjs, in camel case.

/** Of Node's heartbeat: PING_INTERVAL_MS. */
const PING_SECONDS = 25;
/** Beside a body: names, room, sender, time, and the headers of WebSocket, TCP and IP; and as much again for Redis' part. */
const FRAME_BYTES = 150;
const RELAY_BYTES = 300;
/** nginx/nginx.conf: two connections for each client. */
const CLIENTS_PER_EDGE_CORE = Math.floor(65_535 / 2);
/** nginx/nginx.conf: worker_rlimit_nofile. */
const NGINX_FILES = 200_000;
/** Of a stored message, beside its body: keys, names, and its share of two indexes; assumed. */
const STORED_BYTES = 250;
/** The driver's pool, and the connections that mongod takes. */
const MONGO_PER_WORKER = 100;
const MONGO_CLIENTS = 65_536;
/** A deploy that takes longer than this wants a larger maxSurge. */
const LONG_DEPLOY_MINUTES = 60;
/** Of redis-server, and what each worker opens. */
const REDIS_CLIENTS = 10_000;
const REDIS_PER_WORKER = 2;
/** k8s/base: a new pod is ready for this long before the next one is replaced. */
const MIN_READY_SECONDS = 60;

/** CPU of all workers, in cores, without what messages of others cost. */
export function work(o) {
  const durable = o.messagesPerSecond * o.durableShare;
  const relay = o.messagesPerSecond - durable;
  const deliveries = o.messagesPerSecond * o.roomSize;
  const heartbeats = o.connections / PING_SECONDS;
  const us =
    relay * o.usPerMessage +
    durable * o.usPerPublish +
    deliveries * o.usPerDelivery +
    heartbeats * o.usPerHeartbeat;
  return { durable, deliveries, cores: us / 1e6 };
}

/** Part of a core that messages of other workers take in each, with pubsub. */
export function foreignShare(o) {
  return (o.messagesPerSecond * o.usPerForeign) / 1e6;
}

/** Workers that the CPU asks for. With pubsub each of them hears every message; sharded, only those with a member do. */
function workersByCpu(o, cores) {
  const foreign = foreignShare(o);
  const all = foreign < o.cpu ? cores / (o.cpu - foreign) : Number.POSITIVE_INFINITY;
  const some = (cores + foreign * o.roomSize) / o.cpu;
  return Math.ceil(o.adapter === "sharded" ? Math.min(all, some) : all);
}

/** Pods that each resource asks for on a normal day. */
function podsBy(o, cpuWorkers) {
  const freeMib = o.gibPerPod * 1024 * o.fill - (o.coresPerPod + 1) * o.mbPerProcess;
  const memory = (o.connections * o.kbPerConnection) / 1024 / freeMib;
  return {
    CPU: Math.ceil(cpuWorkers / o.coresPerPod),
    memory: freeMib > 0 ? Math.ceil(memory) : Number.POSITIVE_INFINITY,
    "the cap on connections": Math.ceil(o.connections / (o.connectionsPerWorker * o.fill) / o.coresPerPod),
  };
}

/** Seconds until as many clients are back at these pods, and what sets the pace. */
function comeback(o, clients, pods) {
  const workers = Math.max(pods, 1) * o.coresPerPod;
  const byCpu = (workers * (1 - o.cpu) * 1e6) / o.usPerHandshake;
  return clients / Math.min(byCpu, workers * o.handshakesPerSecond);
}

/** What the options ask for. `feasible` is false when no number of pods would do, for the reason `limit`. */
export function plan(o) {
  const { durable, deliveries, cores } = work(o);
  const cpuWorkers = workersByCpu(o, cores);
  const needs = podsBy(o, cpuWorkers);
  const [limit, normal] = Object.entries(needs).reduce((most, one) => (one[1] > most[1] ? one : most));
  if (!Number.isFinite(normal)) return { o, limit, feasible: false };
  const pods = Math.max(2, normal);
  const workers = pods * o.coresPerPod;
  const hearers = o.adapter === "sharded" ? Math.min(workers, o.roomSize) : workers;
  const redisMb = (o.messagesPerSecond * (o.bodyBytes + RELAY_BYTES) * hearers) / 1e6;
  const redisCores = (o.messagesPerSecond * o.usPerRedis) / 1e6;
  const edges = Math.max(2, Math.ceil(o.connections / (CLIENTS_PER_EDGE_CORE * o.edgeCores * o.fill)));
  const zonePods = Math.ceil(pods / o.zones);
  return {
    ...{ o, limit, feasible: true, durable, deliveries, cores, cpuWorkers, needs, pods, workers, hearers },
    ...{ redisMb, redisCores, edges, zonePods, normal },
    perPod: o.connections / pods,
    redisShards: Math.max(1, Math.ceil(redisMb / o.redisMbPerSecond), Math.ceil(redisCores / o.cpu)),
    mongoShards: Math.max(1, Math.ceil(durable / o.batchesPerSecond)),
    mbitPerPod: (deliveries * (o.bodyBytes + FRAME_BYTES) * 8) / 1e6 / pods,
  };
}

/** Lines of the table. `over` marks what one server or a default does not carry. */
export function linesOf(p) {
  return [
    ...workLines(p),
    ...podLines(p),
    ...edgeLines(p),
    ...redisLines(p),
    ...mongoLines(p),
    ...timeLines(p),
  ];
}

function line(name, value, formula, over = false) {
  return { name, value, formula, over };
}

function workLines({ o, deliveries, cores, cpuWorkers }) {
  return [
    line("deliveries per second", deliveries, "messages x room size"),
    line("cores busy", cores, "messages, publishes, deliveries and heartbeats x their CPU time"),
    line("workers by CPU", cpuWorkers, `cores busy / (${o.cpu} - what others' messages take), ${o.adapter}`),
  ];
}

function podLines({ o, needs, pods, workers, perPod, mbitPerPod, zonePods }) {
  const left = o.connections / Math.max(1, pods - zonePods) / (o.connectionsPerWorker * o.coresPerPod);
  const memory = `connections x ${o.kbPerConnection} KB / (${o.gibPerPod} GiB x ${o.fill} - processes)`;
  const cap = `connections / (${o.connectionsPerWorker} x ${o.fill} x ${o.coresPerPod} workers)`;
  return [
    line("pods by CPU", needs.CPU, `workers / ${o.coresPerPod} cores per pod`),
    line("pods by memory", needs.memory, memory),
    line("pods by the cap", needs["the cap on connections"], cap),
    line("pods", pods, "the largest of these; at least 2"),
    line("connections per pod", perPod, "connections / pods"),
    line(
      "full with a zone lost",
      left,
      `connections / what the pods of ${o.zones - 1} in ${o.zones} zones may take`,
      left > 1,
    ),
    line("file descriptors per worker", o.connections / workers + 200, "connections / workers + 200"),
    line("Mbit/s out per pod", mbitPerPod, `deliveries x (body + ${FRAME_BYTES} bytes) x 8 / pods`),
  ];
}

function edgeLines({ o, edges, perPod }) {
  const tracked = (2 * o.connections) / edges;
  const files = tracked / o.edgeCores;
  const addresses = Math.ceil(perPod / o.sourcePorts);
  const size = `connections / (${CLIENTS_PER_EDGE_CORE} x ${o.edgeCores} processes x ${o.fill}); at least 2`;
  const ports = `connections per pod / ${o.sourcePorts} ports; ${edges} nginx have one each`;
  return [
    line("nginx instances", edges, size),
    line(
      "file descriptors per nginx process",
      files,
      `2 x connections / processes; limit ${NGINX_FILES}`,
      files > NGINX_FILES,
    ),
    line(
      "conntrack entries per nginx node",
      tracked,
      `2 x connections / nginx; limit ${o.conntrack}`,
      tracked > o.conntrack,
    ),
    line("source addresses per pod", addresses, ports, addresses > edges),
  ];
}

function redisLines({ o, hearers, redisMb, redisCores, redisShards, workers }) {
  const clients = workers * REDIS_PER_WORKER;
  const shards = `MB/s / ${o.redisMbPerSecond}, or cores / ${o.cpu}; above 1 a Redis Cluster, sharded`;
  return [
    line(
      "Redis MB/s out",
      redisMb,
      `messages x (body + ${RELAY_BYTES} bytes) x ${hearers} workers that hear them`,
    ),
    line("Redis cores", redisCores, `messages x ${o.usPerRedis} us; the copies cost besides`),
    line("Redis shards", redisShards, shards, redisShards > 1),
    line(
      "Redis clients",
      clients,
      `workers x ${REDIS_PER_WORKER}; maxclients ${REDIS_CLIENTS}`,
      clients > REDIS_CLIENTS,
    ),
  ];
}

function mongoLines({ o, durable, mongoShards, workers }) {
  const perDay = (durable * (o.bodyBytes + STORED_BYTES) * 86_400) / 1e9;
  const connections = workers * MONGO_PER_WORKER;
  return [
    line(
      "MongoDB primaries",
      mongoShards,
      `durable messages / ${o.batchesPerSecond} batches per second`,
      mongoShards > 1,
    ),
    line("MongoDB GB per day", perDay, `durable messages x (body + ${STORED_BYTES} bytes) x 86400 s`),
    line(
      "MongoDB connections, at most",
      connections,
      `workers x ${MONGO_PER_WORKER}, the driver's pool; limit ${MONGO_CLIENTS}`,
      connections > MONGO_CLIENTS,
    ),
  ];
}

function timeLines({ o, pods, perPod, zonePods }) {
  const afterPod = comeback(o, perPod, pods - 1);
  const afterZone = comeback(o, perPod * zonePods, pods - zonePods);
  const deploy = (pods * MIN_READY_SECONDS + o.drainSeconds) / 60;
  return [
    line("s to be back after a lost pod", afterPod, "its connections / what the others let in per second"),
    line("s to be back after a lost zone", afterZone, "the same; besides 1 to 5 s of the clients' own pause"),
    line(
      "reconnects/s in a deploy",
      perPod / Math.max(1, o.drainSeconds),
      `connections per pod / ${o.drainSeconds} s of drain`,
    ),
    line(
      "min for a rolling deploy",
      deploy,
      `pods x ${MIN_READY_SECONDS} s + drain`,
      deploy > LONG_DEPLOY_MINUTES,
    ),
  ];
}

/** As a person would write it: three digits that count, four from 1,000 on. */
export function round(value) {
  return Number(value.toPrecision(value >= 1000 ? 4 : 3)).toLocaleString("en-US", {
    maximumFractionDigits: 4,
  });
}
