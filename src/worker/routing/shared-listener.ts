import { createServer, type Socket } from "node:net";
import type { PrimaryMessage } from "../../ipc.js";
import { createListener, type Listener } from "../../listener.js";
import { tellPrimary } from "../primary-link.js";
import { createRush } from "./rush.js";

/** The primary hears of so many accepted connections at a time. */
const REPORT = 8;

/** A worker's end of the port that all workers share. */
export interface SharedListener {
  /** Does what the primary says about it; other messages are none of its business. */
  hear(message: PrimaryMessage): void;
  /** Accepts no more. */
  close(): Promise<void>;
}

/** Hands what it accepts to `giveBack`, unread, or in a rush to `keep`, if its siblings get as many. */
export function createSharedListener(
  keep: (socket: Socket) => void,
  giveBack: (socket: Socket) => void,
): SharedListener {
  const mayKeep = createRush();
  let listener: Listener | undefined;
  let ahead = false;
  let unreported = 0;

  function onConnection(socket: Socket): void {
    if (ahead || !mayKeep()) {
      giveBack(socket);
      return;
    }
    unreported += 1;
    if (unreported >= REPORT) report();
    keep(socket);
  }

  function report(): void {
    if (unreported > 0) tellPrimary({ type: "shoal:accepted", connections: unreported });
    unreported = 0;
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
    await listener?.stop();
  }

  function hear(message: PrimaryMessage): void {
    switch (message.type) {
      case "shoal:listen":
        void listen(message.host, message.port);
        break;
      case "shoal:unlisten":
        void close();
        break;
      case "shoal:ahead":
        ahead = message.ahead;
        break;
    }
  }

  return { hear, close };
}
