import { type AddressInfo, createServer, type Server } from "node:net";
import type { Component } from "./lifecycle.js";
import { StartError } from "./start-error.js";

/** A server that accepts connections from `start` to `stop`. */
export interface Listener extends Component {
  /** Where it listens, as a person would type it; known once started. */
  url(): string;
}

/** The variables that say where a server listens, for errors. */
export interface ListenerVariables {
  readonly host: string;
  readonly port: string;
}

/**
 * Binds the server to its port. `stop` ends only the accepting: open connections go on, so that whoever stops
 * next can finish them.
 */
export function createListener(
  server: Server,
  host: string,
  port: number,
  variables: ListenerVariables = { host: "HOST", port: "PORT" },
): Listener {
  async function start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, backlog: 4096 }, () => {
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
      server.close(); // that of node:http also ends idle connections
    },
    url() {
      const { port: bound } = server.address() as AddressInfo;
      const name = host === "0.0.0.0" || host === "::" || host === "127.0.0.1" ? "localhost" : host;
      return `http://${name.includes(":") ? `[${name}]` : name}:${bound}`;
    },
  };
}

/**
 * Takes the port at `start` and lets go of it: a start that cannot succeed for want of it ends before anything else is
 * begun. What listens in earnest, later, may still find that somebody else was quicker.
 */
export function createPortProbe(host: string, port: number): Component {
  async function start(): Promise<void> {
    if (port === 0) return;
    const server = createServer((connection) => connection.destroy());
    await createListener(server, host, port).start();
    await new Promise((resolve) => server.close(resolve));
  }

  return { name: "port probe", start, stop: async () => {} };
}

function explain(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  variables: ListenerVariables,
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
