import { freePort } from "../../tools/shared/ports.js";
import { makeCertificates, tlsArgs } from "../support/certificates.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";
import { health } from "./support/http-call.js";

const TRIES = 24;

test.each([
  ["that it does not trust", "no", "others"],
  ["and asks for one that it does not have", "yes", "ours"],
] as const)(
  "a Redis with a certificate %s ends no process, however often it is tried",
  async (_what, clients, trusted) => {
    const [mongo, ours, others] = await Promise.all([startMongo(), makeCertificates(), makeCertificates()]);
    const port = await freePort();
    await startRedis({ args: tlsArgs(port, ours, clients) });
    const wire = await startTcpProxy({ target: { host: "127.0.0.1", port } });
    const shoal = await spawnShoal({
      workers: 2,
      mongodbUri: mongo.uriFor(),
      env: { REDIS_URL: `rediss://127.0.0.1:${wire.port}`, REDIS_CA_FILE: { ours, others }[trusted].ca },
    });
    const pids = shoal.workerPids();

    // Two connections of two workers, each at the start and again after pauses that grow to 2 s.
    await eventually(() => expect(wire.accepted).toBeGreaterThanOrEqual(TRIES), { withinMs: 60_000 });

    expect(shoal.workerPids()).toEqual(pids);
    expect(await health(shoal.url)).toMatchObject({ httpStatus: 200, status: "degraded", redis: "down" });
    const told = shoal.logs
      .filter(logged("redis is away"))
      .map(({ fields }) => [fields.worker, fields.reason]);
    expect(told.map(([worker]) => worker).sort()).toEqual([1, 2]);
    for (const [, reason] of told) expect(reason).toMatch(/certificate|signature|ECONNRESET|EPIPE/i);
    expect(
      shoal.logs.filter(
        ({ stream, fields }) => stream === "stderr" || /error|fatal/.test(String(fields.level)),
      ),
    ).toEqual([]);
  },
);
