import type { Server as HttpServer } from "node:http";
import { setupWorker } from "@socket.io/sticky";
import type { Internals } from "../../internals/internals.js";
import { announceSession, isAnnounced, renounceSession } from "../../internals/sticky.js";
import { tellPrimary } from "../../ipc/channel.js";
import { createPrimaryFarewell } from "../../ipc/farewell.js";
import type { Component } from "../../process/lifecycle.js";
import type { Io } from "../../realtime/io.js";
import { listenPrivately } from "./private-listener.js";

/** What Engine.IO makes of a session, as far as it is used here. */
interface EngineSocket {
  readonly id: string;
  once(event: "close", listener: () => void): void;
}

/** A clustered worker's ingress with `ROUTING=sticky`: takes the connections that the primary's library hands over. */
export function createStickyIngress(
  io: Io,
  httpServer: HttpServer,
  socketPath: string,
  internals: Pick<Internals, "allows">,
): Component {
  const farewell = createPrimaryFarewell();
  return {
    name: "sticky ingress",
    async start() {
      await listenPrivately(httpServer, socketPath);
      await farewell.start();
      setupWorker(io);
      if (internals.allows("sticky")) announceSessionsFirst(io);
      tellPrimary({ type: "shoal:ready" });
    },
    stop: farewell.stop,
  };
}

/**
 * The primary has to know a session before its client does. The library tells it only together with the answer, so that
 * the next request of a quick client may be routed to another worker, which does not know the session.
 */
function announceSessionsFirst(io: Io): void {
  const { engine } = io;
  const generateId = engine.generateId.bind(engine);
  engine.generateId = async (request) => {
    const id = await generateId(request);
    await announceSession(id);
    return id;
  };
  engine.on("connection", (socket: EngineSocket) => {
    if (!isAnnounced(socket.id)) socket.once("close", () => renounceSession(socket.id));
  });
}
