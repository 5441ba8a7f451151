import type { RedisConfig } from "../config/redis-config.js";
import { createSubscriberClient, type RedisClient } from "./redis-clients.js";

/** How many workers listen at this Redis under this prefix, as its adapters count them. Rejects when it does not answer. */
export async function countListeners(config: RedisConfig): Promise<number> {
  const client = createSubscriberClient(config);
  client.on("error", () => {}); // the promise tells, too
  try {
    await client.connect();
    if (config.adapter === "sharded")
      return countIn(await client.pubsub("SHARDNUMSUB", `${config.prefix}#/#`));
    const channel = `${config.prefix}-request#/#`;
    const replies = await Promise.all(
      // Each node of a cluster knows of its own connections only.
      nodesOf(client).map((node) => node.pubsub("NUMSUB", channel)),
    );
    return replies.map(countIn).reduce((sum, one) => sum + one, 0);
  } finally {
    client.disconnect();
  }
}

function nodesOf(client: RedisClient) {
  return "nodes" in client ? client.nodes("all") : [client];
}

/** The reply is a channel and its count. */
function countIn(reply: unknown): number {
  return Array.isArray(reply) ? Number(reply[1]) : 0;
}
