import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onEnd } from "./cleanup.js";
import type { RedisServer } from "./redis-server.js";

/** To what, and how. */
export type FalseAnswer = readonly [asked: RegExp, reply: string];

/** Somebody between a Redis and its clients, who answers in its place. */
export interface FalseRedis {
  readonly url: string;
  /** How often it has. */
  readonly told: number;
  /** From now on what a pattern finds in a client's bytes gets that answer; all else goes to Redis. */
  answer(...answers: readonly FalseAnswer[]): void;
  /** Ends all connections. */
  cut(): void;
}

export async function startFalseRedis(redis: Pick<RedisServer, "host" | "port">): Promise<FalseRedis> {
  const open = new Set<Socket>();
  let told = 0;
  let answers: readonly FalseAnswer[] = [];

  const server = createServer((client) => {
    const upstream = connect(redis.port, redis.host);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on("data", (bytes) => {
      const [, reply] = answers.find(([asked]) => asked.test(bytes.toString("latin1"))) ?? [];
      if (reply === undefined) return void upstream.write(bytes);
      told += 1;
      client.write(reply);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const cut = (): void => {
    for (const one of open) one.destroy();
  };
  onEnd(() => {
    server.close();
    cut();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get told() {
      return told;
    },
    cut,
    answer(...next) {
      answers = next;
    },
  };
}
