import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../shared/ports.js";
import type { AudienceSpec } from "../load/audience.js";
import type { PublisherSpec } from "../load/publishers.js";
import { type Program, startProgram } from "../program.js";
import { answersTcp, type Machine } from "./machine.js";

/** A server that a row measures, or a second one that it is fed by. */
export interface Server extends Program {
  readonly url: string;
}

export interface ServerOptions {
  /** Default 1. */
  readonly workers?: number;
  /** Default: those of the servers under test. */
  readonly cores?: "server" | "load" | "all";
  /** Variables, for Shoal. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of Shoal: the folder of the build; default that of the setup. */
  readonly dist?: string;
  /** Of Shoal: default 0. */
  readonly niceness?: number;
}

/** How a peer is started, heard and fed. */
export interface Peer {
  readonly name: PeerName;
  start(machine: Machine, options?: ServerOptions): Promise<Server>;
  /** Clients in the room that all rows use. */
  audience(url: string, connections: number): AudienceSpec;
  /** Who publishes to that room from elsewhere. */
  publisher(machine: Machine, url: string): PublisherSpec;
}

export type PeerName = "shoal" | "other build" | "stock" | "plain ws" | "nchan";

const ROOM = "bench";

/** Another instance of the service, which publishes. */
export function shoalNode(machine: Machine, adapter: "pubsub" | "sharded"): PublisherSpec {
  const { redisUrl } = machine;
  return { kind: "shoal-node", redisUrl, mongodbUri: databaseUri(machine), room: ROOM, adapter };
}

function databaseUri({ setup, database }: Machine): string {
  const uri = new URL(setup.mongodbUri);
  uri.pathname = `/${database}`;
  return uri.href;
}

/** The project's own server, as in production but without a line per connection in the log, which no peer writes either. */
export const shoal: Peer = {
  name: "shoal",
  async start(machine, options = {}) {
    const { setup } = machine;
    const { workers = 1, cores = "server", env = {}, dist = setup.dist, niceness } = options;
    const port = await freePort();
    const variables = {
      NODE_ENV: "production",
      AUTH: "none", // peers look at no token either
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: "0",
      WORKERS: String(workers),
      LOG_LEVEL: "warn",
      MONGODB_URI: databaseUri(machine),
      REDIS_URL: machine.redisUrl,
      DRAIN_WINDOW_MS: "0",
      SHUTDOWN_TIMEOUT_MS: "5000",
      // Peers let everybody in.
      MAX_HANDSHAKES_PER_SECOND: "1000000",
      OVERLOAD_LAG_MS: "60000",
      RATE_IP_HANDSHAKES: "off",
      RATE_IP_REQUESTS: "off",
      RATE_USER_EVENTS: "off",
      RATE_ROOM_PUBLISH: "off",
      RATE_KEY_REQUESTS: "off",
      MAX_CONNECTIONS_PER_USER: "0",
    };
    const program = {
      command: process.execPath,
      args: [join(dist, "main.js")],
      env: { ...variables, ...setup.env, ...env },
      cores: setup.cores?.[cores],
      niceness,
    };
    return served(
      machine,
      port,
      startProgram(program, () => answersHttp(port, "/health")),
    );
  },
  audience: (url, connections) => ({
    url,
    protocol: "socket.io",
    connections,
    join: { event: "join", payload: { room: ROOM } },
  }),
  publisher: (machine) => shoalNode(machine, "pubsub"),
};

export const stock: Peer = {
  name: "stock",
  start: (machine, { workers = 1, cores = "server" } = {}) =>
    startPeer(machine, "stock", cores, [String(workers), machine.redisUrl]),
  audience: shoal.audience,
  publisher: ({ redisUrl }) => ({ kind: "stock-node", redisUrl, room: ROOM }),
};

export const plainWs: Peer = {
  name: "plain ws",
  start: (machine, { cores = "server" } = {}) => startPeer(machine, "plain-ws", cores, [machine.redisUrl]),
  audience: (url, connections) => ({ url, protocol: "websocket", path: `/?room=${ROOM}`, connections }),
  publisher: ({ redisUrl }) => ({ kind: "redis", redisUrl, channel: ROOM }),
};

/** One worker process; messages come by HTTP. */
export const nchan: Peer = {
  name: "nchan",
  async start(machine, { cores = "server" } = {}) {
    const port = await freePort();
    const dir = machine.tempDir();
    const file = join(dir, "nginx.conf");
    writeFileSync(file, nginxConf(machine.setup.nchan ?? "", dir, port));
    const args = ["-p", dir, "-c", file, "-e", join(dir, "error.log")];
    const options = { command: "nginx", args, cores: machine.setup.cores?.[cores] };
    return served(
      machine,
      port,
      startProgram(options, () => answersTcp(port)),
    );
  },
  audience: (url, connections) => ({ url, protocol: "websocket", path: `/sub?id=${ROOM}`, connections }),
  publisher: (_machine, url) => ({ kind: "http", url, path: `/pub?id=${ROOM}` }),
};

/** The plain HTTP cluster of the ingress row. */
export function startPlainHttp(machine: Machine, workers: number): Promise<Server> {
  return startPeer(machine, "plain-http", "all", [String(workers)]);
}

/** Socket.IO alone, of the ingress row: only for clients that use nothing but WebSocket. */
export function startUnrouted(machine: Machine, workers: number): Promise<Server> {
  return startPeer(machine, "stock", "all", [String(workers), machine.redisUrl, "unrouted"]);
}

/** Socket.IO with its recovery of connections, of the row `cuts`. */
export function startRecovering(machine: Machine, workers: number): Promise<Server> {
  return startPeer(machine, "stock", "all", [String(workers), machine.redisUrl, "sticky", "recovery"]);
}

/** Another build of Shoal, for those who want to know what a change gives; none unless it was asked for. */
export function otherBuilds({ setup }: Pick<Machine, "setup">): Peer[] {
  const { otherDist } = setup;
  if (otherDist === undefined) return [];
  const start: Peer["start"] = (machine, options) => shoal.start(machine, { ...options, dist: otherDist });
  return [{ ...shoal, name: "other build", start }];
}

/** Those that can be started here, stock and Shoal first. */
export function peersOf(machine: Machine): Peer[] {
  const { nchan: module } = machine.setup;
  const hasNchan = module !== undefined && existsSync(module);
  return [stock, shoal, ...otherBuilds(machine), plainWs, ...(hasNchan ? [nchan] : [])];
}

async function startPeer(
  machine: Machine,
  name: string,
  cores: "server" | "load" | "all",
  args: readonly string[],
): Promise<Server> {
  const port = await freePort();
  const program = fileURLToPath(new URL(`../peers/${name}.js`, import.meta.url));
  const options = {
    command: process.execPath,
    args: [program, String(port), ...args],
    env: { NODE_ENV: "production" },
    cores: machine.setup.cores?.[cores],
  };
  return served(
    machine,
    port,
    startProgram(options, () => answersHttp(port, "/")),
  );
}

async function served(machine: Machine, port: number, start: Promise<Program>): Promise<Server> {
  return { ...(await machine.keep(start)), url: `http://127.0.0.1:${port}` };
}

/** Any answer will do: then somebody who serves is behind the port. */
async function answersHttp(port: number, path: string): Promise<void> {
  await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2000) });
}

function nginxConf(module: string, dir: string, port: number): string {
  return `
load_module ${module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${dir}/nginx.pid;
events { worker_connections 18000; }
http {
  access_log off;
  client_body_temp_path ${dir};
  proxy_temp_path ${dir};
  fastcgi_temp_path ${dir};
  uwsgi_temp_path ${dir};
  scgi_temp_path ${dir};
  keepalive_requests 1000000000;
  nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port};
    location /sub {
      nchan_subscriber websocket;
      nchan_channel_id $arg_id;
      nchan_subscriber_first_message -1;
    }
    location /pub {
      nchan_publisher;
      nchan_channel_id $arg_id;
    }
  }
}
`;
}
