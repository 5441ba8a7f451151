import { setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { createRawClient, type RawClient } from "../../loadtest/raw/raw-client.js";

export const FLOODS = ["unknown events", "relay", "publish", "subscribes", "handshakes"] as const;
export type FloodKind = (typeof FLOODS)[number];

/** One user at one address who sends as much as he can. */
export interface FloodSpec {
  readonly url: string;
  readonly kind: FloodKind;
}

/** What came of it. */
export interface FloodResult {
  readonly seconds: number;
  /** Events that were acknowledged as done, or sessions that were opened. */
  readonly granted: number;
  /** Events, or handshakes, that were refused or broken off. */
  readonly refused: number;
}

export interface Flood {
  stop(): Promise<FloodResult>;
}

const CONNECTIONS = 4;
/** Events of a connection that are not answered yet. */
const OPEN_EVENTS = 256;
/** Handshakes under way at a time. */
const OPEN_HANDSHAKES = 64;
/** The pause after a refused handshake: none at all would measure the flooding process. */
const PAUSE_MS = 1;
const ATTACKER = { auth: { user: "attacker" }, localAddress: "127.0.2.1" };
const ROOMS = 200;
const BODY = "x".repeat(100);

/** The nth event of a flood. */
const EVENTS: Readonly<Record<Exclude<FloodKind, "handshakes">, (n: number) => [string, object]>> = {
  "unknown events": () => ["no such event", {}],
  relay: () => ["message", { room: "flood", body: BODY }],
  publish: (n) => [
    "publish",
    {
      room: `flood-${n % ROOMS}`,
      messages: Array.from({ length: 50 }, (_, m) => ({ id: `${process.pid}-${n}-${m}`, body: BODY })),
    },
  ],
  subscribes: (n) => ["subscribe", { room: `flood-${n % ROOMS}`, limit: 50 }],
};

/** Begins to send. Each connection that is closed is opened again at once. Gives way to whoever measures on the same cores. */
export function startFlood({ url, kind }: FloodSpec): Flood {
  setPriority(19);
  const startMs = performance.now();
  let isOver = false;
  let granted = 0;
  let refused = 0;
  let sent = 0;

  const count = (isGranted: boolean): void => {
    if (isGranted) granted += 1;
    else refused += 1;
  };

  async function connect(onClose: () => void): Promise<RawClient | undefined> {
    const client = createRawClient({ url, ...ATTACKER, onClose });
    try {
      await client.connect();
      return client;
    } catch {
      return undefined;
    }
  }

  /** Keeps so many events on the way until the connection is gone. */
  async function sendAll(next: (n: number) => [string, object]): Promise<void> {
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const client = await connect(close);
    if (client === undefined) {
      count(false);
      await pause(PAUSE_MS);
      return;
    }
    const send = (): void => {
      if (isOver || !client.connected()) return;
      const [event, payload] = next(sent++);
      client.emitWithCallback(event, payload, (_error, [answer]) => {
        count((answer as { ok?: boolean } | undefined)?.ok === true);
        send();
      });
    };
    if (kind === "relay") await client.ask("join", { room: "flood" }).catch(() => undefined);
    for (let open = 0; open < OPEN_EVENTS; open += 1) send();
    await Promise.race([closed, over]);
    client.destroy();
  }

  async function shakeHands(): Promise<void> {
    const client = await connect(() => {});
    count(client !== undefined);
    client?.destroy();
    if (client === undefined) await pause(PAUSE_MS);
  }

  async function goOn(task: () => Promise<void>): Promise<void> {
    while (!isOver) await task();
  }

  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const tasks =
    kind === "handshakes"
      ? Array.from({ length: OPEN_HANDSHAKES }, () => goOn(shakeHands))
      : Array.from({ length: CONNECTIONS }, () => goOn(() => sendAll(EVENTS[kind])));

  return {
    async stop() {
      isOver = true;
      end();
      const seconds = (performance.now() - startMs) / 1000;
      await Promise.all(tasks);
      return { seconds, granted, refused };
    },
  };
}
