import type { Worker } from "node:cluster";
import type { Server as HttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { setupMaster } from "@socket.io/sticky";
import { amongOnly, takeReaders } from "../../internals/sticky.js";
import { descriptorCapacity } from "../../process/descriptors.js";
import type { StickySockets } from "./sticky-sockets.js";

/** A longer header is handed over as it is: the worker's parser refuses it. */
const HEADER_LIMIT_BYTES = 16_384;
/** Time until the end of the header after which a connection is ended, in milliseconds. */
const HEADER_TIMEOUT_MS = 60_000;
/** The end of a header, or a beginning that can never become one, as with TLS; the parser refuses lone line feeds too. */
const HEADER_DECIDED = /\n\r?\n|^[^A-Z]/;

/**
 * The primary's server: reads the header of each connection's request and hands it to the worker of its session, or to
 * the next one in turn. `routable` names the workers that may get something new; with none, clients get 503.
 */
export function createStickyServer(routable: () => readonly Worker[], sockets: StickySockets): Server {
  // The library needs no more than its "connection". An HTTP server would end, when it closes on Node 26, those whose requests
  // it has not read itself.
  const server = createServer({ noDelay: true });
  server.maxConnections = descriptorCapacity();
  // Round robin and not the library's `least-connection`, which counts sessions only: it sends all plain HTTP to one worker,
  // and everything to a worker that is not ready yet, which has none.
  setupMaster(server as Server as HttpServer, { loadBalancingMethod: "round-robin" });

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client's end; "close" follows
    const end = (): void => void socket.destroy();
    const timer = setTimeout(end, HEADER_TIMEOUT_MS); // not of silence: a header may come a byte at a time
    socket.once("close", () => clearTimeout(timer)).once("end", end); // half open, it would stay until the timeout
    const putBack = takeReaders(socket);
    let header = Buffer.alloc(0);
    socket.on("data", function collect(chunk: Buffer) {
      header = Buffer.concat([header, chunk]);
      const complete = HEADER_DECIDED.test(header.toString("latin1"));
      if (!complete && header.length < HEADER_LIMIT_BYTES) return;
      clearTimeout(timer);
      socket.off("data", collect).off("end", end);
      putBack();
      sockets.handOver(socket, () => amongOnly(routable(), () => socket.emit("data", header)));
    });
  });
  return server;
}
