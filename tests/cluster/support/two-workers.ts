import { type Shoal, spawnShoal } from "../../support/spawn-shoal.js";
import { eventually } from "../../support/wait.js";
import { openPollingSession, type PollingSession } from "./polling-session.js";
import { openRaw, type RawConnection } from "./raw-connection.js";

/** A GET as it goes over the wire. */
export const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`;

/** A POST, likewise. */
export const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Sends on the connection and waits for one more answer. */
export async function exchange(connection: RawConnection, ...parts: string[]): Promise<string> {
  const before = connection.received().length;
  for (const part of parts.slice(0, -1)) await connection.sendPacket(part);
  connection.socket.write(parts.at(-1) ?? "");
  const whole = () => /^HTTP\/1.1 \d+ [\s\S]*?\r\n\r\n./.test(connection.received().slice(before));
  await eventually(() => expect(whole()).toBe(true));
  return connection.received().slice(before);
}

/** A connection that the worker of this slot has: it has answered there, so that what follows is relayed, or not. */
export async function connectionAt({ url }: Pick<Shoal, "url">, worker: number): Promise<RawConnection> {
  for (;;) {
    const connection = await openRaw(url);
    if ((await exchange(connection, get("/health"))).includes(`"worker":${worker}`)) return connection;
    connection.socket.destroy();
  }
}

/** An instance of two workers with `ROUTING=forward`, and what is open at it. */
export interface TwoWorkers extends Shoal {
  /** A session on each of the workers, that of worker 1 first. */
  sessions(): Promise<[PollingSession, PollingSession]>;
  /** As {@link connectionAt}. */
  connectionAt(worker: number): Promise<RawConnection>;
}

export async function startTwoWorkers(
  mongodbUri: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TwoWorkers> {
  const shoal = await spawnShoal({ workers: 2, mongodbUri, env: { ROUTING: "forward", ...env } });
  return {
    ...shoal,
    async sessions() {
      const bySlot = new Map<number, PollingSession>();
      while (bySlot.size < 2) {
        const session = await openPollingSession(shoal.url);
        bySlot.set(session.worker, session);
      }
      return [bySlot.get(1), bySlot.get(2)] as [PollingSession, PollingSession];
    },
    connectionAt: (worker) => connectionAt(shoal, worker),
  };
}
