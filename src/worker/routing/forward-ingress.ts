import cluster from "node:cluster";
import type { Server as HttpServer } from "node:http";
import { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isPrimaryMessage } from "../../ipc.js";
import type { Component } from "../../lifecycle.js";
import type { Io } from "../../realtime/io.js";
import { createPrimaryFarewell, giveAway, tellPrimary } from "../primary-link.js";
import { newSessionId } from "./session-owner.js";
import { createSessionRouter } from "./session-router.js";
import { createSharedListener } from "./shared-listener.js";

const NOTHING = new Uint8Array();

/**
 * A clustered worker's ingress that accepts connections itself. Each session id says which worker made it; a connection goes to
 * the worker whose session its next request is for, by way of the primary. `suffix` ends the ids of this instance.
 */
export function createForwardIngress(io: Io, httpServer: HttpServer, suffix: string): Component {
  const self = cluster.worker?.id ?? 0;
  const router = createSessionRouter(
    httpServer,
    { path: io.path(), self, suffix },
    {
      handOver: (socket, worker, bytes) => void giveAway(socket, worker, bytes),
      giveBack: (socket) => giveAway(socket, undefined, NOTHING),
    },
  );
  const listener = createSharedListener(
    (socket) => router.accept(socket, NOTHING),
    (socket) => giveAway(socket, undefined, NOTHING),
  );
  const farewell = createPrimaryFarewell();

  function onMessage(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    listener.hear(message);
    if (message.type !== "shoal:adopt" || !(handle instanceof Socket)) return;
    handle.allowHalfOpen = true; // as node:http has its own
    router.accept(handle, message.bytes);
  }

  return {
    name: "forward ingress",
    async start() {
      io.engine.generateId = () => newSessionId(self, suffix);
      router.start();
      // Stays until the end: what siblings have on its way here still arrives and is answered.
      process.on("message", onMessage);
      await farewell.start();
      tellPrimary({ type: "shoal:ready" });
    },
    async stop() {
      await farewell.stop();
      await listener.close();
      // What was given last has arrived, but was perhaps not read yet.
      for (let turns = 0; turns < 3; turns += 1) await nextTurn();
      await router.stop();
    },
  };
}
