import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT } from "../support/readme.js";
import type { Manifest } from "./support/kustomize.js";
import { builtVariants, VARIANT_NAMES } from "./support/variants.js";
import { find, type Labels, selects, serverOf, type Workload, workloadsOf } from "./support/workloads.js";

interface ServiceSpec {
  readonly spec: {
    readonly type?: string;
    readonly selector: Labels;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
  };
}

describe("Kubernetes manifests", () => {
  let variants: ReadonlyMap<string, readonly Manifest[]>;

  beforeAll(async () => {
    variants = await builtVariants();
  });

  function manifestsOf(variant: string): readonly Manifest[] {
    return variants.get(variant) ?? [];
  }

  /** The settings that Shoal's pods get from their ConfigMap. */
  function settingsOf(variant: string): Record<string, string> {
    return find<{ data: Record<string, string> }>(manifestsOf(variant), "ConfigMap", "shoal-config").data;
  }

  describe.each(VARIANT_NAMES)("%s", (variant) => {
    test("gives a pod the time to drain before it is killed", () => {
      const { pod, container } = serverOf(manifestsOf(variant));
      const { DRAIN_WINDOW_MS, SHUTDOWN_TIMEOUT_MS } = settingsOf(variant);
      const pauseMs = (container.lifecycle?.preStop.sleep.seconds ?? Number.NaN) * 1000;

      expect(pauseMs).toBeGreaterThan(0);
      expect((pod.terminationGracePeriodSeconds ?? 30) * 1000).toBeGreaterThan(
        pauseMs + Number(DRAIN_WINDOW_MS) + Number(SHUTDOWN_TIMEOUT_MS),
      );
    });

    test("every container gives up all privileges", () => {
      const workloads = workloadsOf(manifestsOf(variant));

      expect(workloads.length).toBeGreaterThan(0);
      for (const { spec } of workloads) {
        const pod = spec.template.spec;
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: expect.any(Number),
          seccompProfile: { type: "RuntimeDefault" },
        });
        expect(pod.securityContext.runAsUser).not.toBe(0);
        for (const { securityContext } of [...pod.containers, ...(pod.initContainers ?? [])]) {
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          });
        }
      }
    });

    test("every container says what memory it takes, and every image has a version", () => {
      for (const { spec } of workloadsOf(manifestsOf(variant))) {
        for (const { image, resources } of spec.template.spec.containers) {
          expect(image).toMatch(variant.startsWith("dev") ? /^[^:]+:(dev$|\d+\.\d+\.\d+)/ : /:\d+\.\d+\.\d+/);
          expect(resources.limits).toEqual({ memory: expect.stringMatching(/^\d+[MG]i$/) });
          expect(resources.requests.cpu).toMatch(/^\d+m?$/);
        }
      }
    });

    test("selectors fit the pods for which they are meant", () => {
      const manifests = manifestsOf(variant);
      for (const { kind, metadata, spec } of workloadsOf(manifests)) {
        const { labels } = spec.template.metadata;
        expect([kind, metadata.name, selects(spec.selector.matchLabels, labels)]).toContain(true);
        const service = find<ServiceSpec>(manifests, "Service", metadata.name);
        expect([service.metadata.name, selects(service.spec.selector, labels)]).toContain(true);
        const policy = find<{ spec: { podSelector: { matchLabels: Labels } } }>(
          manifests,
          "NetworkPolicy",
          metadata.name,
        );
        expect([policy.metadata.name, selects(policy.spec.podSelector.matchLabels, labels)]).toContain(true);
      }
    });

    test("Services lead to ports that containers have", () => {
      const manifests = manifestsOf(variant);
      for (const { metadata, spec } of workloadsOf(manifests)) {
        const ports = spec.template.spec.containers.flatMap((container) => container.ports ?? []);
        const service = find<ServiceSpec>(manifests, "Service", metadata.name);

        expect(ports.map(({ name }) => name)).toEqual(
          expect.arrayContaining(service.spec.ports.map(({ targetPort }) => targetPort)),
        );
      }
    });

    test("the admin port is in no Service", () => {
      const services = manifestsOf(variant).filter(({ kind }) => kind === "Service");

      expect(services.length).toBeGreaterThan(0);
      expect(JSON.stringify(services)).not.toMatch(/admin|9464/);
      expect(find<ServiceSpec>(manifestsOf(variant), "Service").spec).toMatchObject({
        type: "ClusterIP",
        ports: [{ port: 80, targetPort: "http" }],
      });
    });

    test("one autoscaler, and nobody else, says how many pods there are", () => {
      const manifests = manifestsOf(variant);
      const scalers = manifests.filter(({ kind }) => /HorizontalPodAutoscaler|ScaledObject/.test(kind));

      expect(scalers.map(({ spec }) => (spec as { scaleTargetRef: object }).scaleTargetRef)).toEqual([
        { apiVersion: "apps/v1", kind: "Deployment", name: "shoal" },
      ]);
      expect(find<Workload>(manifests, "Deployment").spec).not.toHaveProperty("replicas");
    });

    test("the way in leads to a port that the Service has", () => {
      const ways = manifestsOf(variant).filter(({ kind }) => kind === "HTTPRoute" || kind === "Ingress");
      const text = JSON.stringify(ways);
      const backends = [...text.matchAll(/"backendRefs":\[(.*?)\]|"service":(\{.*?\}\})/g)].map(
        ([, reference, service]) => reference ?? service,
      );

      expect(backends.length > 0).toBe(ways.length > 0);
      for (const backend of backends) {
        expect(['{"name":"shoal","port":80}', '{"name":"shoal","port":{"name":"http"}}']).toContain(backend);
      }
    });
  });

  test("ports of the container are those that the configuration is told", () => {
    const { container } = serverOf(manifestsOf("base"));
    const settings = settingsOf("base");

    expect(container.ports).toEqual([
      { name: "http", containerPort: Number(settings.PORT), protocol: "TCP" },
      { name: "admin", containerPort: Number(settings.ADMIN_PORT), protocol: "TCP" },
    ]);
  });

  test("a pod is restarted for itself alone, and gets traffic when it is ready", () => {
    const { startupProbe, livenessProbe, readinessProbe } = serverOf(manifestsOf("base")).container;

    expect(startupProbe?.httpGet).toEqual({ path: "/livez", port: "admin" });
    expect(livenessProbe?.httpGet).toEqual({ path: "/livez", port: "admin" });
    expect(readinessProbe?.httpGet).toEqual({ path: "/readyz", port: "admin" });
  });

  test("the heaps of all processes fit into the pod's memory", () => {
    const { container } = serverOf(manifestsOf("prod"));
    const options = container.env?.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "";
    const heapMib = Number(/--max-old-space-size=(\d+)/.exec(options)?.[1]);
    const workers = Number(settingsOf("prod").WORKERS);

    expect(container.resources.limits).toEqual({ memory: "2Gi" });
    expect((workers + 1) * (heapMib + 160)).toBeLessThanOrEqual(2048);
    expect(container.resources.requests).toEqual({ cpu: String(workers), memory: "2Gi" });
  });

  test("a deploy goes one pod at a time, each after a minute of traffic", () => {
    expect(find<Workload>(manifestsOf("prod"), "Deployment").spec).toMatchObject({
      minReadySeconds: 60,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
  });

  test("draining nodes takes one pod at a time and is never held up by pods that carry nobody", () => {
    const budget = find<{ spec: object }>(manifestsOf("prod"), "PodDisruptionBudget");

    expect(budget.spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: serverOf(manifestsOf("prod")).labels },
    });
  });

  test("KEDA scales at 65 % of what the workers of a pod take, by a number that pods export", () => {
    const scaled = find<{ spec: { triggers: { metadata: Record<string, string> }[] } }>(
      manifestsOf("base with keda"),
      "ScaledObject",
    );
    const { WORKERS, MAX_CONNECTIONS_PER_WORKER } = settingsOf("base with keda");
    const metadata = scaled.spec.triggers[0]?.metadata;

    expect(metadata?.query).toBe("sum(realtime_connections)");
    expect(Number(metadata?.threshold)).toBe(Number(WORKERS) * Number(MAX_CONNECTIONS_PER_WORKER) * 0.65);
  });

  test("Prometheus finds the pods, by their admin port", () => {
    const { spec } = find<{ spec: { selector: { matchLabels: Labels }; podMetricsEndpoints: unknown[] } }>(
      manifestsOf("base with monitoring"),
      "PodMonitor",
    );

    expect(selects(spec.selector.matchLabels, serverOf(manifestsOf("base")).labels)).toBe(true);
    expect(spec.podMetricsEndpoints).toEqual([expect.objectContaining({ port: "admin", path: "/metrics" })]);
  });

  test("the cluster's alerts are those of monitoring/alerts.yml", () => {
    const alerts = parse(readFileSync(join(PROJECT, "monitoring/alerts.yml"), "utf8")) as {
      groups: unknown[];
    };
    const rule = find<{ spec: unknown }>(manifestsOf("base with monitoring"), "PrometheusRule");

    expect(alerts.groups.length).toBeGreaterThan(0);
    expect(rule.spec).toEqual(alerts);
  });
});
