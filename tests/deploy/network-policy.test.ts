import type { Manifest } from "./support/kustomize.js";
import { builtVariants } from "./support/variants.js";
import { environmentOf, find, type Labels, selects, serverOf } from "./support/workloads.js";

interface Peer {
  readonly podSelector?: { readonly matchLabels: Labels };
  readonly namespaceSelector?: unknown;
}

interface PolicySpec {
  readonly spec: {
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { from: readonly Peer[]; ports: readonly { port: string }[] }[];
    readonly egress: readonly {
      to?: readonly Peer[];
      ports: readonly { port: number; protocol: string }[];
    }[];
  };
}

describe("network policies", () => {
  let variants: ReadonlyMap<string, readonly Manifest[]>;

  beforeAll(async () => {
    variants = await builtVariants();
  });

  function policy(variant: string, name = "shoal"): PolicySpec["spec"] {
    return find<PolicySpec>(variants.get(variant) ?? [], "NetworkPolicy", name).spec;
  }

  test("gateways reach the public port, monitoring the admin port, and nobody else anything", () => {
    const { policyTypes, ingress } = policy("prod");

    expect(policyTypes).toEqual(["Ingress", "Egress"]);
    expect(ingress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([["http"], ["admin"]]);
    for (const { from } of ingress) {
      expect(from.length).toBeGreaterThan(0);
      for (const peer of from) expect(peer).toHaveProperty("namespaceSelector.matchExpressions");
    }
    expect(JSON.stringify(ingress[1])).toContain('"monitoring"');
    expect(JSON.stringify(ingress[0])).not.toContain('"monitoring"');
  });

  test("with peers, pods of Shoal reach each other's public port besides, and nothing more", () => {
    const { policyTypes, ingress, egress } = policy("base with peers", "shoal-peers");
    const { labels } = serverOf(variants.get("base with peers") ?? []);
    const own = [{ podSelector: { matchLabels: labels } }];
    const ports = [{ port: "http", protocol: "TCP" }];

    expect(policyTypes).toEqual(["Ingress", "Egress"]);
    expect(ingress).toEqual([{ from: own, ports }]);
    expect(egress).toEqual([{ to: own, ports }]);
    expect(policy("base with peers")).toEqual(policy("base"));
    const names = (variant: string) =>
      (variants.get(variant) ?? [])
        .filter(({ kind }) => kind === "NetworkPolicy")
        .map(({ metadata }) => metadata.name);
    expect(names("base")).toEqual(["shoal"]);
    expect(names("base with peers")).toEqual(["shoal", "shoal-peers"]);
  });

  test("the gateway's namespace in the route is one of those that are let in", () => {
    const route = find<{ spec: { parentRefs: { namespace: string }[] } }>(
      variants.get("prod") ?? [],
      "HTTPRoute",
    );

    for (const { namespace } of route.spec.parentRefs) {
      expect(JSON.stringify(policy("prod").ingress[0])).toContain(`"${namespace}"`);
    }
  });

  test("ports that are let in are ports of the container", () => {
    const { container } = serverOf(variants.get("prod") ?? []);
    const names = container.ports?.map(({ name }) => name) ?? [];

    expect(policy("prod").ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual(names);
  });

  test("pods get out to names, to their stores and to the key server only", () => {
    const open = policy("prod").egress.flatMap(({ ports }) =>
      ports.map(({ port, protocol }) => `${port}/${protocol}`),
    );

    expect(open).toEqual(["53/UDP", "53/TCP", "6379/TCP", "27017/TCP", "443/TCP"]);
    const environment = environmentOf(variants.get("dev") ?? []);
    for (const uri of [environment.REDIS_URL, environment.MONGODB_URI]) {
      expect(open).toContain(`${new URL(uri ?? "").port}/TCP`);
    }
  });

  test.each([
    ["redis", "REDIS_URL"],
    ["mongodb", "MONGODB_URI"],
  ])(
    "of the overlay dev: %s lets Shoal in, which looks for it under the name of its Service",
    (name, variable) => {
      const manifests = variants.get("dev") ?? [];
      const [rule] = policy("dev", name).ingress;
      const service = find<{ spec: { ports: { port: number }[] } }>(manifests, "Service", name);
      const uri = new URL(environmentOf(manifests)[variable] ?? "");

      expect(
        rule?.from.some(({ podSelector }) =>
          selects(podSelector?.matchLabels ?? {}, serverOf(manifests).labels),
        ),
      ).toBe(true);
      expect(rule?.from.every(({ podSelector }) => podSelector !== undefined)).toBe(true);
      expect(uri.hostname.split(".").at(-1)).toBe(name);
      expect(service.spec.ports.map(({ port }) => String(port))).toEqual([uri.port]);
    },
  );

  test("of the overlay dev: the replica set is made under the address by which Shoal looks for it", () => {
    const manifests = variants.get("dev") ?? [];
    const uri = new URL(environmentOf(manifests).MONGODB_URI ?? "");

    expect(JSON.stringify(find(manifests, "StatefulSet", "mongodb"))).toContain(`host: \\"${uri.host}\\"`);
  });
});
