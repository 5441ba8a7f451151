import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT } from "../support/readme.js";
import type { Manifest } from "./support/kustomize.js";
import { typeErrors } from "./support/type-check.js";
import { builtVariants } from "./support/variants.js";

/** Slips that a schema check without closed objects lets through, each in a document that is right otherwise. */
const SLIPS: readonly (readonly [slip: string, kind: string, from: string, to: string])[] = [
  ["a misspelled probe", "Deployment", '"readinessProbe"', '"readynessProbe"'],
  ["a misspelled key deep inside", "Deployment", '"allowPrivilegeEscalation"', '"allowPrivelegeEscalation"'],
  ["a pull policy that does not exist", "Deployment", '"IfNotPresent"', '"Sometimes"'],
  ["a text where a number belongs", "Deployment", '"containerPort":3000', '"containerPort":"3000"'],
  ["a policy type that does not exist", "NetworkPolicy", '"Egress"', '"Outgoing"'],
  ["a missing target", "HorizontalPodAutoscaler", '"scaleTargetRef"', '"scaleTarget"'],
  ["a path type of another kind", "HTTPRoute", '"PathPrefix"', '"Prefix"'],
  ["a key of the autoscaler in KEDA's object", "ScaledObject", '"maxReplicaCount"', '"maxReplicas"'],
  ["an endpoint that is misspelled", "PodMonitor", '"podMetricsEndpoints"', '"podMetricEndpoints"'],
  ["a load balancer that does not exist", "BackendTrafficPolicy", '"ConsistentHash"', '"RingHash"'],
  ["a misspelled list of resources", "Kustomization", '"resources"', '"resource"'],
];

describe("manifests", () => {
  const documents = new Map<string, Manifest>();
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    for (const [variant, manifests] of await builtVariants()) {
      for (const one of manifests) documents.set(`${one.kind} ${one.metadata.name} of ${variant}`, one);
    }
    for (const [name, document] of kustomizations()) documents.set(name, document);
    errors = typeErrors(new Map([...documents, ...withSlips(documents)]));
  });

  test("all have the form that the types of their kinds prescribe, down to the last key", () => {
    expect(documents.size).toBeGreaterThan(80);
    expect([...errors].filter(([name]) => documents.has(name))).toEqual([]);
  });

  test.each(SLIPS)("the check catches %s", (slip) => {
    expect(errors.get(slip)).not.toBeUndefined();
  });
});

function kustomizations(): [string, Manifest][] {
  const k8s = join(PROJECT, "k8s");
  return readdirSync(k8s, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("kustomization.yaml"))
    .map((name) => [name, parse(readFileSync(join(k8s, name), "utf8")) as Manifest]);
}

function withSlips(documents: ReadonlyMap<string, Manifest>): [string, Manifest][] {
  return SLIPS.map(([slip, kind, from, to]) => {
    const text = [...documents.values()]
      .filter((one) => one.kind === kind)
      .map((one) => JSON.stringify(one))
      .find((one) => one.includes(from));
    if (text === undefined) throw new Error(`no ${kind} has ${from}`);
    return [slip, JSON.parse(text.replace(from, to)) as Manifest];
  });
}
