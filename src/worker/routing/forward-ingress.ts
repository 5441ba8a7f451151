import cluster from "node:cluster";
import { rmSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Config } from "../../config/config.js";
import { isPrimaryMessage, peerPath } from "../../ipc.js";
import type { Component } from "../../lifecycle.js";
import { createOriginCheck } from "../../origin.js";
import type { Io } from "../../realtime/io.js";
import { createPrimaryFarewell, tellPrimary } from "../primary-link.js";
import { newSessionId } from "./session-owner.js";
import { createSessionRouter } from "./session-router.js";
import { createSiblingPeers } from "./sibling-peers.js";

/** What a worker's ingress is made of. */
export interface ForwardIngressParts {
  /** Where the siblings meet. */
  readonly directory: string;
  readonly config: Pick<Config, "corsOrigins">;
  readonly io: Io;
  readonly httpServer: HttpServer;
}

/**
 * A clustered worker's ingress that gets connections unread. Each session id says which worker made it; what comes for a
 * session of a sibling is passed on. Requests of others are its own from the first byte to the last.
 */
export function createForwardIngress({ directory, config, io, httpServer }: ForwardIngressParts): Component {
  const self = cluster.worker?.id ?? 0;
  const peers = createSiblingPeers(self, directory);
  const router = createSessionRouter(httpServer, io.path(), peers, createOriginCheck(config.corsOrigins));
  const farewell = createPrimaryFarewell();

  function onMessage(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    if (message.type !== "shoal:adopt" || !(handle instanceof Socket)) return;
    handle.allowHalfOpen = true; // as node:http has its own
    if (message.bytes.length === 0) router.accept(handle);
    else router.adopt(handle, message.bytes);
  }

  /** Without its primary, which would do it, a worker ends at once: Node sees to that. */
  function cleanUp(): void {
    if (!process.connected) rmSync(directory, { recursive: true, force: true });
  }

  return {
    name: "forward ingress",
    async start() {
      io.engine.generateId = () => newSessionId(self);
      router.start();
      await listenAt(httpServer, peerPath(directory, self));
      // Stays until the end: what siblings have on its way here still arrives and is answered.
      process.on("message", onMessage);
      process.on("exit", cleanUp);
      await farewell.start();
      tellPrimary({ type: "shoal:ready" });
    },
    async stop() {
      await farewell.stop();
      await peers.stop();
      // What was given last has arrived, but was perhaps not read yet.
      for (let turns = 0; turns < 3; turns += 1) await nextTurn();
      await router.stop();
      // Siblings are still answered: the private socket closes with the server, after the last session.
    },
  };
}

/** `exclusive`: not one that Node's cluster shares among the workers. */
function listenAt(httpServer: HttpServer, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpServer.once("error", reject);
    httpServer.listen({ path, exclusive: true, backlog: 4096 }, () => {
      httpServer.off("error", reject);
      resolve();
    });
  });
}
