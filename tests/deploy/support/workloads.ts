import type { Manifest } from "./kustomize.js";

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: { readonly command: readonly string[] };
}

/** Where a variable's value comes from. */
export interface Source {
  readonly fieldRef?: { readonly fieldPath: string };
  readonly secretKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: Source }[];
  readonly envFrom?: readonly {
    configMapRef?: { name: string };
    secretRef?: { name: string; optional?: boolean };
  }[];
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
}

export type Labels = Readonly<Record<string, string>>;

export interface Workload extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
  };
}

/** Everything that makes pods. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.filter((one): one is Workload => one.kind === "Deployment" || one.kind === "StatefulSet");
}

/** The one manifest of a kind with a name. @throws when it is not there. */
export function find<T = Manifest>(
  manifests: readonly Manifest[],
  kind: string,
  name = "shoal",
): T & Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found as T & Manifest;
}

/** Shoal's own container. */
export function serverOf(manifests: readonly Manifest[]): {
  pod: PodSpec;
  labels: Labels;
  container: Container;
} {
  const { spec } = find<Workload>(manifests, "Deployment");
  const container = spec.template.spec.containers.find(({ name }) => name === "shoal");
  if (container === undefined) throw new Error("the Deployment has no container shoal");
  return { pod: spec.template.spec, labels: spec.template.metadata.labels, container };
}

/** Whether a selector chooses pods with these labels. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/**
 * The environment of Shoal's container as a kubelet would put it together. A Secret that is made by hand beforehand is taken
 * from `handmade`. @throws when a source is missing.
 */
export function environmentOf(
  manifests: readonly Manifest[],
  handmade: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Record<string, string> {
  const { container } = serverOf(manifests);
  const environment: Record<string, string> = {};
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      Object.assign(environment, find<{ data: object }>(manifests, "ConfigMap", configMapRef.name).data);
    }
    if (secretRef !== undefined && (secretRef.optional !== true || secretRef.name in handmade)) {
      const data = handmade[secretRef.name] ?? decoded(manifests, secretRef.name);
      Object.assign(environment, data);
    }
  }
  for (const { name, value, valueFrom = {} } of container.env ?? []) {
    const { fieldRef, secretKeyRef } = valueFrom;
    const ofSecret = secretKeyRef && handmade[secretKeyRef.name]?.[secretKeyRef.key];
    if (secretKeyRef?.optional === true && ofSecret === undefined) continue;
    const found = value ?? (fieldRef && OF_THE_POD[fieldRef.fieldPath]) ?? ofSecret;
    if (found === undefined) throw new Error(`nobody says what ${name} is`);
    // As Kubernetes does, from the variables before it.
    environment[name] = found.replace(/\$\((\w+)\)/g, (whole, other: string) => environment[other] ?? whole);
  }
  return environment;
}

const OF_THE_POD: Readonly<Record<string, string>> = {
  "metadata.name": "shoal-7d4b9c6f5-x2x7z",
  "status.podIP": "10.1.2.3",
};

function decoded(manifests: readonly Manifest[], name: string): Record<string, string> {
  const { data } = find<{ data: Record<string, string> }>(manifests, "Secret", name);
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]),
  );
}
