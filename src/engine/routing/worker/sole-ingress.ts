import type { Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { Config } from "../../config/config.js";
import { descriptorCapacity } from "../../process/descriptors.js";
import { createListener, type Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { createNoRoomLog } from "../../process/no-room-log.js";
import { stopTimesOf } from "../../process/stop-times.js";
import { listenForNobody } from "./private-listener.js";
import { createSilentConnections, type SilentConnections } from "./silent-connections.js";

/**
 * How connections come to a worker that is alone in its instance. As in others, its HTTP server does not accept them by itself: one that does takes
 * a connection for idle whose answer is still on its way, and its end waits for clients that are gone without a word.
 */
export function createSoleIngress(
  httpServer: HttpServer,
  { host, port, shutdownTimeoutMs }: Pick<Config, "host" | "port" | "shutdownTimeoutMs">,
  log: Logger,
): Listener {
  const { acceptingMs, firstRequestsMs } = stopTimesOf(shutdownTimeoutMs);
  let silent: SilentConnections | undefined;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    silent?.add(socket);
    socket.once("close", () => silent?.remove(socket));
    httpServer.emit("connection", socket); // documented for connections from elsewhere
  });
  server.maxConnections = descriptorCapacity();
  server.on("drop", createNoRoomLog(log, "connections are closed: the process can take no more"));
  const listener = createListener(server, host, port, { acceptingMs });

  return {
    ...listener,
    async start() {
      silent = createSilentConnections(httpServer, firstRequestsMs); // not sooner: the start of the router takes all listeners of requests off
      await listenForNobody(httpServer);
      await listener.start();
    },
    async stop() {
      await listener.stop();
      await silent?.end();
    },
  };
}
