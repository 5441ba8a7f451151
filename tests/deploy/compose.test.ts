import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";
import { appsOf, type Compose, composeProblems, durationMs, readCompose } from "./support/compose.js";

const STORES = ["redis", "mongo"];

describe("docker-compose.yml", () => {
  const compose = readCompose();
  const services = Object.entries(compose.services);
  const apps = appsOf(compose);

  function failing(isRight: (service: Compose["services"][string], name: string) => boolean): string[] {
    return services.filter(([name, service]) => !isRight(service, name)).map(([name]) => name);
  }

  test("follows the Compose specification", () => {
    expect(composeProblems(compose)).toEqual([]);
  });

  test.each([
    ["a misspelled key of a service", '"read_only"', '"readonly"'],
    ["a misspelled key of a health check", '"start_interval"', '"start_intervall"'],
    ["a port that is none", '"127.0.0.1:9090:9090"', '"localhost:web"'],
    ["an unknown condition", '"service_healthy"', '"healthy"'],
    ["an unknown key at the top", '"volumes":{"mongo-data"', '"volume":{"mongo-data"'],
  ])("%s does not pass", (_slip, from, to) => {
    const text = JSON.stringify(compose);

    expect(text).toContain(from);
    expect(composeProblems(JSON.parse(text.replaceAll(from, to)))).not.toEqual([]);
  });

  test("two instances of the same build stand behind the edge", () => {
    expect(apps.map(([name]) => name)).toEqual(["app1", "app2"]);
    expect(apps.map(([, { build }]) => build)).toEqual([".", "."]);
  });

  test("every image has an exact version", () => {
    expect(failing(({ image }) => /:v?\d+\.\d+\.\d+(-|$)/.test(image))).toEqual([]);
  });

  test("every container gives up all privileges", () => {
    expect(failing(({ user = "" }) => /^[1-9]\d*:\d+$/.test(user))).toEqual([]);
    expect(failing(({ read_only }) => read_only === true)).toEqual([]);
    expect(failing(({ cap_drop }) => String(cap_drop) === "ALL")).toEqual([]);
    expect(failing(({ security_opt }) => String(security_opt) === "no-new-privileges:true")).toEqual([]);
    expect(failing((service) => !("privileged" in service || "cap_add" in service))).toEqual([]);
  });

  test("every container has an init, restarts and keeps its logs small", () => {
    expect(failing(({ init, restart }) => init === true && restart === "unless-stopped")).toEqual([]);
    expect(failing(({ logging }) => JSON.stringify(logging).includes("max-size"))).toEqual([]);
  });

  test("only the edge can be reached from other machines, and the stores not even from this one", () => {
    const open = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));

    expect(open.filter(([, port = ""]) => !port.startsWith("127.0.0.1:"))).toEqual([["edge", "8080:8080"]]);
    for (const store of STORES) {
      expect(compose.services[store]).toMatchObject({ networks: ["back"] });
      expect(compose.services[store]).not.toHaveProperty("ports");
    }
    expect(compose.networks.back).toEqual({ internal: true });
  });

  test("whoever talks to somebody shares a network with them, and the edge none with the stores", () => {
    const networks = (name: string) => compose.services[name]?.networks ?? [];
    const meet = (one: string, other: string) => networks(one).some((net) => networks(other).includes(net));

    for (const [app] of apps) {
      for (const other of ["edge", "prometheus", ...STORES])
        expect([app, other, meet(app, other)]).toContain(true);
    }
    expect(meet("grafana", "prometheus")).toBe(true);
    expect(STORES.filter((store) => meet("edge", store) || meet("grafana", store))).toEqual([]);
    expect(services.flatMap(([name]) => networks(name)).filter((net) => !(net in compose.networks))).toEqual(
      [],
    );
  });

  test("an instance starts when its stores are healthy, and the edge when the instances are", () => {
    const healthy = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, { condition: "service_healthy" }]));

    for (const [, app] of apps) expect(app.depends_on).toEqual(healthy(STORES));
    expect(compose.services.edge?.depends_on).toEqual(healthy(apps.map(([name]) => name)));
    for (const store of STORES) expect(compose.services[store]?.healthcheck).toBeDefined();
  });

  test("an instance has the time to drain before it is killed", () => {
    for (const [, { environment, stop_grace_period }] of apps) {
      const { DRAIN_WINDOW_MS, SHUTDOWN_TIMEOUT_MS } = environment ?? {};

      expect(durationMs(stop_grace_period)).toBeGreaterThan(
        Number(DRAIN_WINDOW_MS) + Number(SHUTDOWN_TIMEOUT_MS),
      );
    }
  });

  test("the heaps of all processes fit into an instance's memory", () => {
    for (const [, { environment, mem_limit }] of apps) {
      const heapMib = Number(/--max-old-space-size=(\d+)/.exec(environment?.NODE_OPTIONS ?? "")?.[1]);

      expect(mem_limit).toBe("2g");
      expect((Number(environment?.WORKERS) + 1) * (heapMib + 160)).toBeLessThanOrEqual(2048);
    }
  });

  test("everything that is mounted is there", () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((one) => one.split(":")[0] ?? ""));
    const missing = sources.filter((source) =>
      source.startsWith(".") ? !existsSync(join(PROJECT, source)) : !(source in compose.volumes),
    );

    expect(sources.length).toBeGreaterThan(6);
    expect(missing).toEqual([]);
  });

  test("the project's own files are mounted read-only", () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.filter((one) => one.startsWith(".")));

    expect(mounts.filter((mount) => !mount.endsWith(":ro"))).toEqual([]);
  });

  test("the edge listens on the port that is published and asks the instances that are there", () => {
    const read = (name: string) => readFileSync(join(PROJECT, "nginx/conf.d", name), "utf8");
    const servers = [...read("upstreams.conf").matchAll(/^\s*server ([\w.-]+):(\d+)/gm)];

    expect(read("realtime.conf")).toMatch(/^\s*listen 8080\b/m);
    expect(new Set(servers.map(([, name]) => name))).toEqual(new Set(apps.map(([name]) => name)));
    for (const [, name = "", port] of servers) expect(compose.services[name]?.environment?.PORT).toBe(port);
  });

  test("Prometheus scrapes the admin port of every instance", () => {
    const targets = readFileSync(join(PROJECT, "monitoring/prometheus.yml"), "utf8");

    for (const [name, { environment }] of apps)
      expect(targets).toContain(`${name}:${environment?.ADMIN_PORT}`);
  });

  test("the replica set is made under the name and the address by which the instances look for it", () => {
    const { command = [], healthcheck } = compose.services.mongo ?? {};
    const name = command[command.indexOf("--replSet") + 1] ?? "";

    for (const [, { environment }] of apps) {
      const uri = new URL(environment?.MONGODB_URI ?? "");

      expect(uri.searchParams.get("replicaSet")).toBe(name);
      expect(healthcheck?.test.join(" ")).toContain(
        `{ _id: "${name}", members: [{ _id: 0, host: "${uri.host}" }] }`,
      );
    }
  });

  test("subscribers of Redis may fall behind further than by default, and nothing is written to disk", () => {
    const command = compose.services.redis?.command?.join(" ") ?? "";

    expect(command).toMatch(/--client-output-buffer-limit pubsub 256mb/);
    expect(command).toMatch(/--save {2}--appendonly no/);
  });

  test("the stores know nobody without a password, and what is said first makes them", () => {
    const { redis, mongo } = compose.services;
    const [, { environment }] = apps[0] ?? ["", {}];

    expect(redis?.command?.join(" ")).toContain("--user default off --user shoal reset on >");
    expect(new URL(environment?.REDIS_URL ?? "").password).toBe(redis?.environment?.REDISCLI_AUTH);
    expect(mongo?.command).toContain("--keyFile");
    expect(new URL(environment?.MONGODB_URI ?? "").username).toBe("shoal");
    expect(new URL(environment?.MONGODB_URI ?? "").password).toBe(mongo?.environment?.MONGODB_PASSWORD);
    expect(mongo?.environment?.MONGO_INITDB_ROOT_PASSWORD).not.toBe(mongo?.environment?.MONGODB_PASSWORD);
    const [script = ""] = (mongo?.volumes ?? []).filter((one) => one.includes("initdb.d"));
    const text = readFileSync(join(PROJECT, script.split(":")[0] ?? ""), "utf8");
    expect(text).toContain('roles: [{ role: "readWrite", db: "shoal" }]');
    expect(text).toContain("process.env.MONGODB_PASSWORD");
  });

  test("monitoring is only there on demand, and nobody gets into Grafana without a password", () => {
    const optional = services.filter(([, { profiles }]) => profiles !== undefined);

    expect(optional.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ["prometheus", ["monitoring"]],
      ["grafana", ["monitoring"]],
    ]);
    expect(compose.services.grafana?.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: "false",
      GF_USERS_ALLOW_SIGN_UP: "false",
    });
    expect(readFileSync(join(PROJECT, "docker-compose.yml"), "utf8")).toContain("${GRAFANA_PASSWORD:-");
  });

  test("starts without any variable of the caller's", () => {
    expect(JSON.stringify(compose)).not.toMatch(/\$\{?\w/);
  });
});
