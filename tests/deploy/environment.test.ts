import { type Config, readConfig } from "../../src/engine/config/config.js";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { appsOf, readCompose } from "./support/compose.js";
import { builtVariants } from "./support/variants.js";
import { environmentOf, find } from "./support/workloads.js";

/** Read by Node itself. */
const OF_NODE = ["NODE_OPTIONS"];
/** What other variables are made of. */
const OF_KUBERNETES = ["POD_IP"];

/** What has no default that is right for every deployment, or belongs to a sum that the manifest itself must know. */
const DECIDED = [
  ...["NODE_ENV", "PORT", "ADMIN_PORT", "ADMIN_HOST", "WORKERS", "INSTANCE_ID", "MONGODB_URI", "REDIS_URL"],
  ...["AUTH", "TRUST_PROXY", "DRAIN_WINDOW_MS", "SHUTDOWN_TIMEOUT_MS"],
];

/** The Secret that production wants made beforehand. */
const HANDMADE = {
  "shoal-peers": { PEER_SECRET: "of-the-test-of-the-test-of-the-test" },
  "shoal-stores": {
    MONGODB_URI: "mongodb+srv://shoal:secret@cluster.example.net/shoal",
    REDIS_URL: "rediss://shoal:secret@redis.example.net:6379",
  },
};

describe("environments of deployments", () => {
  const environments = new Map<string, Record<string, string>>();

  beforeAll(async () => {
    for (const [name, { environment }] of appsOf(readCompose())) {
      environments.set(`compose ${name}`, { ...environment });
    }
    for (const [name, manifests] of await builtVariants()) {
      const own = manifests.some(({ kind }) => kind === "Secret");
      environments.set(`k8s ${name}`, environmentOf(manifests, own ? {} : HANDMADE));
    }
  });

  function configs(): [string, Config][] {
    return [...environments].map(([name, environment]) => [name, readConfig(environment)]);
  }

  test("set only variables that the configuration or Node knows", () => {
    const unknown = [...environments].flatMap(([name, environment]) =>
      Object.keys(environment)
        .filter((variable) => !(variable in VARIABLES) && ![...OF_NODE, ...OF_KUBERNETES].includes(variable))
        .map((variable) => `${name}: ${variable}`),
    );

    expect(environments.size).toBe(12);
    expect(unknown).toEqual([]);
  });

  test("set every variable that a deployment must decide", () => {
    const missing = [...environments].flatMap(([name, environment]) =>
      DECIDED.filter((variable) => !environment[variable]).map((variable) => `${name}: ${variable}`),
    );

    expect(missing).toEqual([]);
  });

  test("are accepted by the configuration", () => {
    for (const [, config] of configs()) {
      expect(config).toMatchObject({ environment: "production", port: 3000, workers: 2 });
      expect(config.redis?.urls).toHaveLength(1);
      expect(config.mongodbUri).not.toBe("");
    }
  });

  test("peers have an address and a secret where they are wanted, and nowhere else", () => {
    for (const [name, { peerUrl, relaySecrets }] of configs()) {
      const wanted = name === "k8s base with peers";
      expect([name, peerUrl]).toEqual([name, wanted ? "http://10.1.2.3:3000" : ""]);
      if (wanted) expect(relaySecrets).toEqual([HANDMADE["shoal-peers"].PEER_SECRET]);
    }
  });

  test("with a wrong value would not be", () => {
    for (const environment of environments.values()) {
      expect(() => readConfig({ ...environment, WORKERS: "two" })).toThrow(/WORKERS/);
    }
  });

  test("believe exactly the one proxy that stands before them", () => {
    expect(configs().filter(([, { trustProxy }]) => trustProxy !== 1)).toEqual([]);
  });

  test("name every instance differently", () => {
    const compose = appsOf(readCompose()).map(([, { environment }]) => environment?.INSTANCE_ID);

    expect(new Set(compose).size).toBe(compose.length);
  });

  test("the ConfigMap holds no address of a store, which may hold a password", async () => {
    for (const manifests of (await builtVariants()).values()) {
      const { data } = find<{ data: Record<string, string> }>(manifests, "ConfigMap", "shoal-config");

      const { AUTH_JWKS_URL, AUTH_ISSUER, ...others } = data;
      expect(Object.values(others).filter((value) => value.includes("://"))).toEqual([]);
      expect(`${AUTH_JWKS_URL}${AUTH_ISSUER}`).not.toMatch(/@|\?/);
    }
  });
});
