import { randomBytes } from "node:crypto";
import { readConfig } from "../../src/engine/config/config.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createRedis } from "../../src/engine/stores/redis.js";
import { onTestEnd } from "../support/cleanup.js";
import { ALL_MEASURES } from "../support/internals.js";
import { createLineLog } from "../support/line-log.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { eventually } from "../support/wait.js";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

test.each(["pubsub", "sharded"])(
  "who may not publish knows it without a message, and says it once: %s",
  async (mode) => {
    const user = `app-${randomBytes(4).toString("hex")}`;
    await redis.command(
      "acl",
      "setuser",
      user,
      "on",
      ">pw",
      "~*",
      "allchannels",
      "+@all",
      "-publish",
      "-spublish",
    );
    const url = `redis://${user}:pw@${redis.host}:${redis.port}`;
    const config = readConfig({
      NODE_ENV: "test",
      REDIS_URL: url,
      REDIS_PREFIX: user,
      REDIS_ADAPTER: mode,
    }).redis;
    if (config === undefined) throw new Error("no Redis is configured");
    const { lines, feed } = createLineLog();
    const log = createLogger("debug", { write: (text) => feed("stdout", text) });
    const own = createRedis(config, ALL_MEASURES, log);
    onTestEnd(own.stop);
    await own.start();

    await eventually(() => expect([own.isUp(), own.refusal()]).toEqual([false, "NOPERM"]));
    const publish = mode === "sharded" ? "spublish" : "publish";
    await expect(own.publisher[publish](`${user}-a`, "")).rejects.toThrow("NOPERM");
    await redis.command("acl", "setuser", user, "+publish", "+spublish");
    await eventually(() => expect([own.isUp(), own.refusal()]).toEqual([true, undefined]), {
      withinMs: 20_000,
    });
    await redis.command("acl", "setuser", user, "-publish", "-spublish");
    await eventually(() => expect(own.isUp()).toBe(false), { withinMs: 20_000 });

    expect(lines.filter(({ fields }) => fields.level === "error")).toHaveLength(2);
  },
);
