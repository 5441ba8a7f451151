import { randomUUID } from "node:crypto";
import type { Agent } from "node:http";
import { io, type Socket } from "socket.io-client";
import { onEnd } from "./cleanup.js";
import type { Session } from "./connect-client.js";
import { eventually } from "./wait.js";

/** One stock client, and what it went through. */
export interface Visitor {
  readonly socket: Socket;
  /** Of the latest connect. */
  readonly session: Session | undefined;
  /** When its connections ended, by performance.now(). */
  readonly ends: readonly number[];
  readonly pings: number;
  /** Refusals and ends of the connection, in its own words. */
  readonly troubles: string[];
}

export interface Crowd {
  readonly visitors: readonly Visitor[];
  /** Everybody's troubles. */
  troubles(): string[];
  /** Connected visitors by instance. */
  byInstance(): Record<string, number>;
  /** Waits until all are connected, and none to `without`. */
  settled(withinMs: number, without?: string): Promise<void>;
}

export interface CrowdOptions {
  readonly url: string;
  readonly count: number;
  /** Default: the stock ones, polling first. */
  readonly transports?: readonly ("polling" | "websocket")[];
  /** As the page does: a name of its own in every request, by which nginx tells the clients apart. */
  readonly named?: boolean;
  /** Connections for all of them. */
  readonly agent?: Agent;
  /** Mean wait before a reconnect; default: the stock 1000. */
  readonly reconnectAfterMs?: number;
  /** Who a visitor is, in the order in which they come. */
  readonly user?: (index: number) => string;
}

/** Visitors that come in at a time: the pace is the machine's, and nobody waits in front of the door until he is shut out. */
const AT_ONCE = 25;

/** Connects them, some at a time. They end by themselves. */
export function startCrowd(options: CrowdOptions): Crowd {
  const visitors = Array.from({ length: options.count }, (_, index) => visit(options, index));
  const outside = visitors.map(({ socket }) => socket);
  function letNextIn(): void {
    const next = outside.shift();
    next?.once("connect", letNextIn);
    next?.connect();
  }
  for (let one = 0; one < AT_ONCE; one += 1) letNextIn();

  return {
    visitors,
    troubles: () => visitors.flatMap(({ troubles }) => troubles),
    byInstance() {
      const counts: Record<string, number> = {};
      for (const { socket, session } of visitors) {
        if (socket.connected && session !== undefined)
          counts[session.instance] = (counts[session.instance] ?? 0) + 1;
      }
      return counts;
    },
    settled: (withinMs, without) =>
      eventually(
        () => {
          const away = visitors.filter((one) => !one.socket.connected || one.session?.instance === without);
          expect(away.flatMap(({ session, troubles }) => [session?.instance, ...troubles])).toEqual([]);
          expect(visitors.every(({ session }) => session !== undefined)).toBe(true);
        },
        { withinMs },
      ),
  };
}

function visit(
  { url, transports, named = false, agent, reconnectAfterMs, user }: CrowdOptions,
  index: number,
): Visitor {
  // The client's types know only what browsers have.
  const nodeOptions: object = agent === undefined ? {} : { agent };
  const socket = io(url, {
    forceNew: true,
    autoConnect: false,
    ...(transports === undefined ? {} : { transports: [...transports] }),
    ...(named ? { query: { r: randomUUID() } } : {}),
    ...nodeOptions,
    ...(reconnectAfterMs === undefined ? {} : { reconnectionDelay: reconnectAfterMs }),
    ...(user === undefined ? {} : { auth: { user: user(index) } }),
  });
  const ends: number[] = [];
  const troubles: string[] = [];
  let session: Session | undefined;
  let pings = 0;
  let ending = false;
  socket.on("session", (next: Session) => {
    session = next;
  });
  socket.io.on("ping", () => {
    pings += 1;
  });
  socket.on("connect_error", (error) => troubles.push(`connect_error: ${describe(error)}`));
  socket.on("disconnect", (reason, details) => {
    ends.push(performance.now());
    const why = details instanceof Error ? ` (${describe(details)})` : "";
    if (!ending) troubles.push(`disconnect: ${reason}${why}`);
  });
  onEnd(() => {
    ending = true;
    terminate(socket);
  });
  return {
    socket,
    get session() {
      return session;
    },
    ends,
    get pings() {
      return pings;
    },
    troubles,
  };
}

/** With what the server said, or what broke the connection, where there is something. */
function describe(error: Error & { description?: unknown; context?: { responseText?: string } }): string {
  const { message, description, context } = error;
  const broken = (description as { readonly message?: string } | undefined)?.message;
  const cause = typeof description === "number" ? description : broken;
  return [message, cause, context?.responseText].filter(Boolean).join(" ");
}

/** Without the WebSocket's closing handshake, for which a client waits half a minute if the server is gone. */
function terminate(socket: Socket): void {
  const { engine } = socket.io;
  socket.disconnect();
  const { ws } = (engine?.transport ?? {}) as { ws?: { terminate?(): void } };
  ws?.terminate?.();
}
