import { existsSync } from "node:fs";
import { Agent, type ServerResponse } from "node:http";
import { peerPath } from "../../ipc.js";
import type { Component } from "../../lifecycle.js";
import { giveAway } from "../primary-link.js";
import { forwardRequest } from "./forward-request.js";
import type { Peer, Peers } from "./peers.js";
import { ownerOf } from "./session-owner.js";

/** Connections to siblings that are kept open while nobody uses them, per sibling. */
const IDLE_CONNECTIONS = 64;
/** Longest time for what was forwarded to be answered when this worker leaves, in milliseconds. */
const LEAVE_TIMEOUT_MS = 1000;

/** The other workers of this instance: requests go to their private sockets, connections by way of the primary. */
export interface SiblingPeers extends Peers, Component {}

/**
 * Worker `self` and its siblings, which meet in `directory`. A connection ends with the first answer that was forwarded on
 * it: its client's next one goes to the session's owner, and depends on nobody else.
 */
export function createSiblingPeers(self: number, directory: string): SiblingPeers {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS });
  const open = new Set<ServerResponse>();
  let onEmpty: (() => void) | undefined;

  function toSibling(owner: number): Peer {
    const socketPath = peerPath(directory, owner);
    return {
      forward(request, response, onAbsent) {
        open.add(response);
        response.once("close", () => {
          open.delete(response);
          if (open.size === 0) onEmpty?.();
        });
        response.setHeader("Connection", "close");
        forwardRequest(request, response, { socketPath, agent }, onAbsent);
      },
      handOver(socket, bytes) {
        void giveAway(socket, owner, bytes);
      },
      isThere: () => existsSync(socketPath),
    };
  }

  return {
    name: "siblings",
    async start() {},
    async stop() {
      if (open.size === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LEAVE_TIMEOUT_MS);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    giveBack: (socket) => giveAway(socket, undefined, new Uint8Array()),
    peerOf(sessionId) {
      const owner = ownerOf(sessionId);
      return owner === undefined || owner === self ? undefined : toSibling(owner);
    },
  };
}
