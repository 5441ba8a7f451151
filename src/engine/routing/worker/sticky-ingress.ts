import { setupWorker } from "@socket.io/sticky";
import { tellPrimary } from "../../ipc/channel.js";
import { createPrimaryFarewell } from "../../ipc/farewell.js";
import type { Component } from "../../process/lifecycle.js";
import type { Io } from "../../realtime/io.js";

/** The primary's library looks only at so much of an id, which is all of a stock one; others are told to it by their beginning. */
const LIBRARY_ID_LENGTH = 20;

/** What Engine.IO makes of a session, as far as it is used here. */
interface EngineSocket {
  readonly id: string;
  once(event: "close", listener: () => void): void;
}

/** A clustered worker's ingress with `ROUTING=sticky`: takes the connections that the primary's library hands over. */
export function createStickyIngress(io: Io): Component {
  const farewell = createPrimaryFarewell();
  return {
    name: "sticky ingress",
    async start() {
      await farewell.start();
      setupWorker(io);
      announceSessionsFirst(io);
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
    const data = id.slice(0, LIBRARY_ID_LENGTH);
    await new Promise((resolve) => {
      process.send?.({ type: "sticky:connection", data }, undefined, undefined, resolve);
    });
    return id;
  };
  engine.on("connection", (socket: EngineSocket) => {
    const data = socket.id.slice(0, LIBRARY_ID_LENGTH);
    if (data === socket.id) return; // the library says it itself
    socket.once("close", () => {
      if (process.connected)
        process.send?.({ type: "sticky:disconnection", data }, undefined, undefined, () => {});
    });
  });
}
