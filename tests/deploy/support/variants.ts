import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { PROJECT } from "../../support/readme.js";
import { tempDir } from "../../support/temp-dir.js";
import { buildPlainly, type Manifest } from "./kustomize.js";

/** What somebody may deploy: an overlay or the base, with components that fit together. */
const VARIANTS: Readonly<Record<string, { readonly of: string; readonly with: readonly string[] }>> = {
  base: { of: "base", with: [] },
  dev: { of: "overlays/dev", with: [] },
  prod: { of: "overlays/prod", with: [] },
  "base with ingress-nginx": { of: "base", with: ["ingress-nginx"] },
  "base with gateway-api": { of: "base", with: ["gateway-api"] },
  "base with keda": { of: "base", with: ["keda"] },
  "base with peers": { of: "base", with: ["peers"] },
  "base with monitoring": { of: "base", with: ["monitoring"] },
  "dev with everything": { of: "overlays/dev", with: ["gateway-api", "envoy-gateway", "keda", "monitoring"] },
  "prod with everything": { of: "overlays/prod", with: ["envoy-gateway", "keda", "monitoring"] },
};

export const VARIANT_NAMES: readonly string[] = Object.keys(VARIANTS);

/** Directories with a kustomization for each variant, as a user would write it. */
export async function variantDirectories(): Promise<ReadonlyMap<string, string>> {
  const root = await tempDir("kustomize");
  return new Map(
    Object.entries(VARIANTS).map(([name, variant], index) => {
      const directory = join(root, String(index));
      const path = (part: string) => relative(directory, join(PROJECT, "k8s", part));
      const kustomization = {
        apiVersion: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        resources: [path(variant.of)],
        components: variant.with.map((component) => path(`components/${component}`)),
      };
      mkdirSync(directory);
      writeFileSync(join(directory, "kustomization.yaml"), stringify(kustomization));
      return [name, directory];
    }),
  );
}

/**
 * The manifests of every variant, by our own part of kustomize: it needs no kubectl, and where that is there, a test
 * holds the two to each other.
 */
export async function builtVariants(): Promise<ReadonlyMap<string, readonly Manifest[]>> {
  const directories = await variantDirectories();
  return new Map([...directories].map(([name, directory]) => [name, buildPlainly(directory)]));
}
