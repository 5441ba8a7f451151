import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { closeWith, NO_ROOM } from "../../http/close-with.js";
import { replay } from "./replay.js";
import { createSilentConnections } from "./silent-connections.js";

/** Part of the capacity below which a worker that was full is vacant again. */
const VACANT_SHARE = 0.95;
/** Time between two looks for that, in milliseconds: what is not a client's connection goes without a word. */
const LOOK_EVERY_MS = 200;

/** Time that a connection may take to say something at all, in milliseconds. */
const FIRST_BYTE_MS = 60_000;

/** The way of accepted connections into the HTTP server, which does not accept them by itself. */
export interface Intake {
  /** One of which nothing was read. */
  accept(socket: Socket): void;
  /** One of which this was read, and that is for here, whatever it asks for. */
  adopt(socket: Socket, bytes: Uint8Array): void;
  /** Whether there are as many connections as the process can hold. */
  isFull(): boolean;
  /**
   * Waits for the requests that connections were just opened for, and ends those on which nothing was ever asked. Nobody must
   * come in any more. Takes about `firstRequestsMs` at most. Idle ones end with the server, when answers that are still on their way have left: Node
   * takes a connection for idle as soon as its answer has been given.
   */
  close(): Promise<void>;
}

/** What an intake is made of. */
export interface IntakeParts {
  readonly httpServer: HttpServer;
  /** Connections at a time. */
  readonly capacity: number;
  /** Whether the process is short of descriptors, whatever took them: relays do. */
  isShort(): boolean;
  /** Longest wait at the end for the first requests of connections that have just come, in milliseconds. */
  readonly firstRequestsMs: number;
  /** Says whether the connection was given away, by the first that was read of it. */
  giveAway(socket: Socket, first: Buffer): boolean;
  /** One was refused. */
  onRefuse(): void;
  /** There is room again after `isFull`. */
  onVacant(): void;
}

export function createIntake(parts: IntakeParts): Intake {
  const { httpServer, capacity, isShort, giveAway, onRefuse, onVacant } = parts;
  const open = new Set<Socket>();
  const silent = createSilentConnections(httpServer, parts.firstRequestsMs);
  /** Runs while it is full, as far as anybody was told. */
  let looking: NodeJS.Timeout | undefined;

  function isFull(): boolean {
    const full = open.size >= capacity || isShort();
    if (full) looking ??= setInterval(look, LOOK_EVERY_MS).unref();
    return full;
  }

  function look(): void {
    if (open.size > capacity * VACANT_SHARE || isShort()) return;
    clearInterval(looking);
    looking = undefined;
    onVacant();
  }

  function leave(this: Socket): void {
    open.delete(this);
    silent.remove(this);
  }

  /** Returns whether there is room for it. */
  function enter(socket: Socket): boolean {
    if (isFull()) {
      closeWith(socket, NO_ROOM);
      onRefuse();
      return false;
    }
    open.add(socket);
    silent.add(socket);
    socket.once("close", leave);
    return true;
  }

  return {
    accept(socket) {
      if (!enter(socket)) return;
      const onSilence = (): void => void socket.destroy();
      socket.setTimeout(FIRST_BYTE_MS, onSilence);
      socket.once("readable", () => {
        socket.setTimeout(0).off("timeout", onSilence);
        const first: Buffer | null = socket.read();
        if (first !== null && giveAway(socket, first)) return;
        if (first === null) httpServer.emit("connection", socket);
        else replay(httpServer, socket, first);
      });
    },
    adopt(socket, bytes) {
      if (enter(socket)) replay(httpServer, socket, bytes);
    },
    isFull,
    async close() {
      await silent.end();
      clearInterval(looking);
    },
  };
}
