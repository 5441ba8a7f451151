import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../tools/shared/ports.js";
import { type Certificates, tlsArgs } from "./certificates.js";
import { type RedisServer, startRedis } from "./redis-server.js";
import { tempDir } from "./temp-dir.js";
import { eventually } from "./wait.js";

const SLOTS = 16_384;
const FORMS_WITHIN_MS = 15_000;

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** The nodes' URLs, comma-separated. */
  readonly urls: string;
}

export interface RedisSentinel {
  /** The name under which the sentinel knows the master. */
  readonly masterName: string;
  readonly master: RedisServer;
  readonly sentinel: RedisServer;
}

/** A Redis Cluster of `size` masters without replicas that share the slots; usable when it resolves. Takes about 3 s. */
export async function startRedisCluster(size = 3): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, () => startRedis({ cluster: true })));
  const [first] = nodes;
  if (first === undefined) throw new RangeError("a cluster has at least one node");
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * SLOTS) / size);
    const to = Math.floor(((index + 1) * SLOTS) / size) - 1;
    await node.command("cluster", "addslotsrange", String(from), String(to));
    // Distinct epochs, or the nodes would first have to settle who yields.
    await node.command("cluster", "set-config-epoch", String(index + 1));
    const [busPort] = (await node.command("config", "get", "cluster-port")).match(/\d+$/) ?? [];
    if (node !== first && busPort !== undefined) {
      await first.command("cluster", "meet", node.host, String(node.port), busPort);
    }
  }
  for (const node of nodes) {
    await eventually(
      async () => {
        const info = await node.command("cluster", "info");
        expect(info).toContain("cluster_state:ok");
        expect(info).toContain(`cluster_known_nodes:${size}`);
      },
      { withinMs: FORMS_WITHIN_MS, everyMs: 100 },
    );
  }
  return { nodes, urls: nodes.map((node) => node.url).join(",") };
}

/**
 * A master and one sentinel that watches it with a quorum of one. Servers started with
 * `args: ["--replicaof", host, port]` of the master are found by the sentinel and can take over.
 */
export async function startSentinel(masterName = "mymaster"): Promise<RedisSentinel> {
  const master = await startRedis();
  const config = join(await tempDir("sentinel"), "sentinel.conf"); // sentinel insists on a file it can write
  const lines = [
    `sentinel monitor ${masterName} ${master.host} ${master.port} 1`,
    `sentinel down-after-milliseconds ${masterName} 1000`,
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  const sentinel = await startRedis({ configFile: config, args: ["--sentinel"] });
  return { masterName, master, sentinel };
}

/** A master and its sentinel that speak nothing but TLS, each with a password of its own; returns the sentinel's port. */
export async function startSecuredSentinel(
  certificates: Certificates,
  passwords: { readonly master: string; readonly sentinel: string },
): Promise<number> {
  const [masterPort, port] = [await freePort(), await freePort()];
  const onlyTls = (at: number): string[] => [...tlsArgs(at, certificates), "--port", "0"];
  await startRedis({ port: masterPort, args: [...onlyTls(masterPort), "--requirepass", passwords.master] });
  const config = join(await tempDir("sentinel"), "sentinel.conf");
  const lines = [
    `requirepass ${passwords.sentinel}`,
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
    `sentinel auth-pass mymaster ${passwords.master}`,
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  await startRedis({
    port,
    configFile: config,
    args: [...onlyTls(port), "--tls-replication", "yes", "--sentinel"],
  });
  return port;
}
