import { createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { PrimaryMessage } from "../../ipc.js";
import { createListener, type Listener } from "../../listener.js";
import { waitAtMost } from "../../wait-at-most.js";
import { tellPrimary } from "../primary-link.js";
import { createRush } from "./rush.js";

/** Longest wait for connections that are being given back, in milliseconds: they end with the process. */
const GIVE_BACK_MS = 1000;

/** A worker's end of the port that all workers share. */
export interface SharedListener {
  /** Does what the primary says about it; other messages are none of its business. */
  hear(message: PrimaryMessage): void;
  /** Accepts no more; resolves when what was given back is on its way. */
  close(): Promise<void>;
}

/** Hands what it accepts to `giveBack`, unread, or in a rush to `keep`, if its siblings get as many. */
export function createSharedListener(
  keep: (socket: Socket) => void,
  giveBack: (socket: Socket) => Promise<void>,
): SharedListener {
  const mayKeep = createRush();
  let listener: Listener | undefined;
  let ahead = false;
  /** Of this turn of the event loop: the primary is told at its end. */
  let kept = 0;
  const leaving = new Set<Promise<void>>();

  function onConnection(socket: Socket): void {
    if (ahead || !mayKeep()) {
      const left: Promise<void> = giveBack(socket).finally(() => leaving.delete(left));
      leaving.add(left);
      return;
    }
    if (kept === 0) setImmediate(report);
    kept += 1;
    keep(socket);
  }

  function report(): void {
    tellPrimary({ type: "shoal:accepted", connections: kept });
    kept = 0;
  }

  async function listen(host: string, port: number): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, onConnection);
    listener = createListener(server, host, port);
    const { url, start } = listener;
    try {
      await start();
      tellPrimary({ type: "shoal:listening", url: url() });
    } catch (error) {
      tellPrimary({ type: "shoal:listening", error: error instanceof Error ? error.message : String(error) });
    }
  }

  async function close(): Promise<void> {
    // What waits at the port would be lost with the last worker that leaves it.
    for (let turns = 0; turns < 2; turns += 1) await nextTurn();
    await listener?.stop();
    await waitAtMost(Promise.all(leaving), GIVE_BACK_MS);
  }

  function hear(message: PrimaryMessage): void {
    switch (message.type) {
      case "shoal:listen":
        void listen(message.host, message.port);
        break;
      case "shoal:unlisten":
        void close().then(() => tellPrimary({ type: "shoal:unlistened" }));
        break;
      case "shoal:ahead":
        ahead = message.ahead;
        break;
    }
  }

  return { hear, close };
}
