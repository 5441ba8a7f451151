import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../support/readme.js";
import { startRedis } from "../support/redis-server.js";
import { appsOf, readCompose } from "./support/compose.js";

// What docker-compose.yml says to Redis, said to a real one.

const compose = readCompose();
const { command: [, ...args] = [], environment, healthcheck } = compose.services.redis ?? { image: "" };

test("Redis lets in the user of the instances, and nobody else", async () => {
  const redis = await startRedis({ args });
  const ask = async (...words: string[]) => {
    const at = ["-h", redis.host, "-p", String(redis.port), ...words];
    const env = { ...process.env, ...environment };
    const { stdout, stderr } = await promisify(execFile)("redis-cli", at, { env }).catch((error) => error);
    return `${stdout}${stderr}`.trim();
  };

  const [, , ...check] = healthcheck?.test ?? [];
  expect(await ask(...check)).toBe("PONG");
  await expect(redis.command("ping")).rejects.toThrow("NOAUTH");
  const asShoal = ["--user", "shoal", "--no-auth-warning"];
  expect(await ask(...asShoal, "publish", "shoal-probe", "x")).toBe("0");
  for (const words of ["get x", "config get *", "publish other x", "acl list", "flushall"])
    expect(await ask(...asShoal, ...words.split(" "))).toMatch(/NOPERM|no permissions/);
});

test("the user is the one that the document of security names, at the address that the instances have", () => {
  const text = readFileSync(join(PROJECT, "docs/security.md"), "utf8");
  const rights = /^ACL SETUSER (shoal .*?) +# REDIS_ADAPTER=pubsub$/m.exec(text)?.[1];
  const password = environment?.REDISCLI_AUTH ?? "";

  expect(args.join(" ")).toContain(rights?.replace("PASSWORD", password));
  for (const [, app] of appsOf(compose))
    expect(app.environment?.REDIS_URL).toBe(`redis://shoal:${password}@redis:6379`);
});
