import type { Socket } from "node:net";
import { join } from "node:path";
import { tellPrimary } from "../../ipc/channel.js";
import type { WorkerMessage } from "../../ipc/messages.js";
import { takeUnread } from "../take-unread.js";
import type { AddressBook, Destination } from "./destination.js";
import { KeepAliveAgent } from "./keep-alive-agent.js";
import { headOf } from "./replay.js";
import { ownerOf } from "./session-owner.js";

/** Address of the private socket of the worker with this number. */
export function socketPathOf(socketDir: string, worker: number): string {
  return process.platform === "win32"
    ? `\\\\.\\pipe\\${socketDir}\\${worker}`
    : join(socketDir, `${worker}.sock`);
}

/** This worker among those of its instance. */
export interface Place {
  /** Its number, as Node's cluster has it: never given again in the life of a primary. */
  readonly self: number;
  /** What the session ids of this instance end with. */
  readonly suffix: string;
  readonly socketDir: string;
}

/** The workers of this instance, by the number in a session's id. One that has ended is unreachable, and its sessions unknown. */
export interface Siblings extends AddressBook {
  /** Gives a connection to the sibling that made this session; `head` is what was taken of it. False if it is no sibling's, or after `leave`. */
  handOver(sessionId: string, socket: Socket, head: Uint8Array): boolean;
  /**
   * From now on connections stay here, and what they ask for siblings is relayed: at a stop the primary may have nobody left for them. Upgrades
   * still go as connections: a tunnel would end with this worker, where only this one stops.
   */
  leave(): void;
  /**
   * The connection was handed over in vain. What it asks for sessions of `worker` is answered here, as it would be handed over for ever. While that one
   * still ends, polls and upgrades are relayed: it says good-bye. A packet is not, as nobody could tell whether it was carried out.
   */
  keepHere(socket: Socket, worker: number, as: "relay" | "orphan"): void;
}

/** Those of this worker. */
export function createSiblings({ self, suffix, socketDir }: Place): Siblings {
  /** Those that were reached: clients make numbers up. */
  const known = new Map<number, Destination>();
  const kept = new WeakMap<Socket, { readonly worker: number; readonly as: "relay" | "orphan" }>();
  let handOvers = 0;
  let leaving = false;

  function siblingFor(sessionId: string): number | undefined {
    const worker = ownerOf(sessionId, suffix);
    return worker === self ? undefined : worker;
  }

  function give(to: number, socket: Socket, head: Uint8Array): void {
    handOvers += 1;
    const id = handOvers;
    socket.on("error", () => {}); // the client's end; "close" follows
    const message: WorkerMessage = { type: "shoal:hand-over", id, to, head };
    const release = (): void => {
      const bytes = takeUnread(socket);
      socket.destroy();
      tellPrimary({ type: "shoal:released", id, bytes });
    };
    if (process.connected) process.send?.(message, socket, { keepOpen: true }, release);
    else socket.destroy();
  }

  function create(worker: number): Destination {
    const agent = new KeepAliveAgent();
    const destination: Destination = {
      address: { socketPath: socketPathOf(socketDir, worker) },
      agentFor: () => agent,
      handOver: ({ request, socket, head }) =>
        give(worker, socket, Buffer.concat([headOf(request, request.rawHeaders), head])),
      onReached() {
        if (!known.has(worker)) known.set(worker, destination);
      },
      onRefused() {}, // they have the same secret
      onUnreachable() {
        known.delete(worker);
        agent.close();
      },
    };
    return destination;
  }

  return {
    find(sessionId, { socket, method }) {
      const worker = siblingFor(sessionId);
      if (worker === undefined) return undefined;
      const destination = known.get(worker) ?? create(worker);
      const inVain = kept.get(socket);
      if (inVain?.worker !== worker) return destination;
      return inVain.as === "relay" && method === "GET" ? withoutHandOver(destination) : undefined;
    },
    handOver(sessionId, socket, head) {
      const worker = siblingFor(sessionId);
      if (worker === undefined || leaving) return false;
      give(worker, socket, head);
      return true;
    },
    leave() {
      leaving = true;
    },
    keepHere: (socket, worker, as) => void kept.set(socket, { worker, as }),
  };
}

function withoutHandOver({ handOver: _, ...destination }: Destination): Destination {
  return destination;
}
