import type { CleanedEnv } from "envalid";
import { identifier, line, oneOf, redisUrls } from "./values.js";

/** Of Redis, which joins the instances. */
export const REDIS_VARIABLES = {
  REDIS_URL: redisUrls({
    default: [],
    desc: "Redis that joins the instances, `redis[s]://[user[:password]@]host[:port][/database]`; for cluster and sentinel a comma-separated list of nodes. With `rediss` every connection uses TLS, that to sentinels too. [security.md](security.md#redis) has the rights that the user needs",
  }),
  REDIS_TOPOLOGY: oneOf(["single", "cluster", "sentinel"])({
    default: "single",
    desc: "What REDIS_URL points at: `single` server, Redis `cluster` or `sentinel`s",
  }),
  REDIS_SENTINEL_MASTER: line({ default: "", desc: "Name of the master that the sentinels watch" }),
  REDIS_SENTINEL_USERNAME: line({
    default: "",
    desc: "User at the sentinels; that of REDIS_URL is the one at the master",
  }),
  REDIS_SENTINEL_PASSWORD: line({ default: "", desc: "Password at the sentinels, if they have one" }),
  REDIS_CA_FILE: line({
    default: "",
    desc: "PEM file of the authorities that Redis' certificates are from, with `rediss`; default: those that Node.js trusts",
  }),
  REDIS_CERT_FILE: line({
    default: "",
    desc: "PEM file of this service's own certificate, for a Redis that asks for one (`tls-auth-clients`)",
  }),
  REDIS_KEY_FILE: line({ default: "", desc: "PEM file of the private key of REDIS_CERT_FILE" }),
  REDIS_ADAPTER: oneOf(["pubsub", "sharded"])({
    default: "pubsub",
    desc: "`pubsub` works on every Redis; `sharded` (Redis 7) sends a room's messages only where it has members",
  }),
  REDIS_PREFIX: identifier({ default: "shoal", desc: "First part of every Redis channel name" }),
};

/** What is given of them; one that could not be read is missing. */
export type RedisSettings = Partial<Pick<CleanedEnv<typeof REDIS_VARIABLES>, keyof typeof REDIS_VARIABLES>>;
