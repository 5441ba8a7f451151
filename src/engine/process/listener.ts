import { type AddressInfo, connect, isIP, type Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Component } from "./lifecycle.js";
import { StartError } from "./start-error.js";

/** A server that accepts connections from `start` to `stop`. */
export interface Listener extends Component {
  /** Where it listens, as a person would type it; known once started. */
  url(): string;
}

/** What differs from the service's own port. */
export interface ListenerOptions {
  /** The variables that say where a server listens, for errors; default HOST and PORT. */
  readonly variables?: { readonly host: string; readonly port: string };
  /** Whether other processes of this user may listen on the same port; default false. See `createPortLock`. */
  readonly reusePort?: boolean;
  /** Longest time for what waits in the kernel at the stop, in milliseconds: others may come without end. A second is enough for about a thousand. */
  readonly acceptingMs?: number;
}

const PUBLIC = { host: "HOST", port: "PORT" };

/**
 * Binds the server to its port. `stop` ends only the accepting, after what waits for it: open connections go on, so that whoever stops
 * next can finish them.
 */
export function createListener(
  server: Server,
  host: string,
  port: number,
  { variables = PUBLIC, reusePort = false, acceptingMs = 1000 }: ListenerOptions = {},
): Listener {
  async function start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, backlog: 4096, ...(reusePort ? { reusePort } : {}) }, () => {
        server.off("error", reject);
        resolve();
      });
    }).catch((error: NodeJS.ErrnoException) => {
      throw new StartError(explain(error, host, port, variables), { cause: error });
    });
  }

  return {
    name: "listener",
    start,
    async stop() {
      // Where others listen on the same port, they take those who come now.
      if (reusePort) for (let turns = 0; turns < 2; turns += 1) await nextTurn();
      else await acceptWaiting(server, acceptingMs);
      server.close(); // that of node:http also ends idle connections
    },
    url() {
      const { port: bound } = server.address() as AddressInfo;
      const name = isEveryAddress(host) || host === "127.0.0.1" ? "localhost" : host;
      return `http://${name.includes(":") ? `[${name}]` : name}:${bound}`;
    },
  };
}

/** Whoever waits in the kernel when a server closes is reset. Node accepts one in a turn of the event loop: waits for two turns without any. */
async function acceptWaiting(server: Server, acceptingMs: number): Promise<void> {
  let accepted = 0;
  const count = (): void => {
    accepted += 1;
  };
  server.on("connection", count);
  const endMs = performance.now() + acceptingMs;
  for (let idle = 0; idle < 2 && performance.now() < endMs; ) {
    const before = accepted;
    await nextTurn();
    idle = accepted === before ? idle + 1 : 0;
  }
  server.off("connection", count);
}

/** Longest wait for an answer of whatever listens on the port, in milliseconds. */
const PROBE_MS = 1000;
/** Where to connect to a server that listens on all addresses. */
const OWN_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Where a server that listens on `host` can be reached from this machine. */
export function ownAddress(host: string): string {
  return OWN_ADDRESS[host] ?? host;
}

/** Whether a server that listens on `host` takes all addresses of this machine. */
export function isEveryAddress(host: string): boolean {
  return Object.hasOwn(OWN_ADDRESS, host);
}

/**
 * Looks at `start` whether somebody listens on the port already: a start that cannot succeed ends before anything else is
 * begun. It connects and never listens: a proxy would take a listener for the instance. Another process that takes the port
 * after this check is reported by the real listener.
 */
export function createPortProbe(host: string, port: number): Component {
  const target = ownAddress(host);

  async function start(): Promise<void> {
    if (port === 0) return;
    const code = await knock(target, port);
    if (code === undefined || code === "ECONNREFUSED") return;
    const error = Object.assign(new Error(code), { code });
    throw new StartError(explain(error, host, port), { cause: error });
  }

  return { name: "port probe", start, stop: async () => {} };
}

/** The code of what keeps a server from listening there, undefined when that cannot be told. */
function knock(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const from = isIP(host) === 0 ? {} : { localAddress: host };
    const socket = connect({ ...from, host, port, timeout: PROBE_MS });
    // A connection from the port to itself is one without a server.
    socket.once("connect", () => resolve(socket.localPort === port ? undefined : "EADDRINUSE"));
    socket.once("timeout", () => resolve(undefined));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.once("close", () => resolve(undefined));
    for (const end of ["connect", "timeout"]) socket.once(end, () => socket.destroy());
  });
}

/** Why nobody can listen there, in the words of its variables. */
export function explain(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  variables: Required<ListenerOptions>["variables"] = PUBLIC,
): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `${variables.port} ${port} is already in use on ${host}`;
    case "EACCES":
      return `${variables.port} ${port} needs more rights than this process has`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${variables.host} ${host} is not an address of this machine`;
    default:
      return `Cannot listen on ${variables.host} ${host}, ${variables.port} ${port}: ${error.message}`;
  }
}
