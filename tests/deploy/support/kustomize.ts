import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

interface Generator {
  readonly name: string;
  readonly behavior?: "create" | "merge";
  readonly literals: readonly string[];
}

interface Patch {
  readonly path: string;
  readonly target?: { readonly kind: string };
}

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
  readonly patches?: readonly Patch[];
  readonly images?: readonly { name: string; newName?: string; newTag?: string }[];
}

/** All documents of a YAML text. @throws when one of them is not valid YAML. */
export function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** Whether kubectl is on the PATH. */
export function hasKubectl(): boolean {
  try {
    execFileSync("kubectl", ["version", "--client"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What `kubectl kustomize` makes of a directory; the hashes in names are taken out. @throws with its message. */
export function buildWithKubectl(directory: string): Manifest[] {
  const text = execFileSync("kubectl", ["kustomize", directory], { encoding: "utf8", stdio: "pipe" });
  const manifests = documentsOf(text) as Manifest[];
  const generated = manifests
    .filter(({ kind }) => kind === "ConfigMap" || kind === "Secret")
    .map(({ metadata }) => metadata.name)
    .filter((name) => /-[a-z0-9]{10}$/.test(name));
  const plain = generated.reduce((all, name) => all.replaceAll(name, name.slice(0, -11)), text);
  return (documentsOf(plain) as Manifest[]).map((one) => (one.kind === "Secret" ? unwrapped(one) : one));
}

/** kustomize breaks long Base64 into lines. */
function unwrapped(secret: Manifest): Manifest {
  const data = Object.entries(secret.data as Record<string, string>);
  return { ...secret, data: Object.fromEntries(data.map(([key, text]) => [key, text.replace(/\s/g, "")])) };
}

/**
 * The part of kustomize that this project uses, for machines without kubectl: resources, components, generators from
 * literals, strategic merge patches, images. @throws when a file or the target of a patch is missing.
 */
export function buildPlainly(directory: string): Manifest[] {
  return apply(directory, []);
}

function apply(directory: string, given: readonly Manifest[]): Manifest[] {
  const plan = parse(readFileSync(join(directory, "kustomization.yaml"), "utf8")) as Kustomization;
  let manifests = [...given, ...(plan.resources ?? []).flatMap((name) => load(join(directory, name)))];
  for (const name of plan.components ?? []) manifests = apply(join(directory, name), manifests);
  for (const one of plan.configMapGenerator ?? []) manifests = generate(manifests, "ConfigMap", one);
  for (const one of plan.secretGenerator ?? []) manifests = generate(manifests, "Secret", one);
  for (const one of plan.patches ?? []) manifests = patched(manifests, directory, one);
  for (const { name, newName = name, newTag } of plan.images ?? []) {
    const image = new RegExp(`"image":"${name}(:[^"]*)?"`, "g");
    const changed = JSON.stringify(manifests).replace(image, (_all, tag = "") => {
      return `"image":"${newName}${newTag === undefined ? tag : `:${newTag}`}"`;
    });
    manifests = JSON.parse(changed) as Manifest[];
  }
  return manifests;
}

function load(path: string): Manifest[] {
  if (!existsSync(path)) throw new Error(`${path} is listed, but there is no such file`);
  if (statSync(path).isDirectory()) return apply(path, []);
  return documentsOf(readFileSync(path, "utf8")) as Manifest[];
}

function generate(
  manifests: readonly Manifest[],
  kind: "ConfigMap" | "Secret",
  { name, behavior, literals }: Generator,
): Manifest[] {
  const encode = (text: string) => (kind === "Secret" ? Buffer.from(text).toString("base64") : text);
  const data = Object.fromEntries(
    literals.map((literal) => {
      const at = literal.indexOf("=");
      return [literal.slice(0, at), encode(literal.slice(at + 1))];
    }),
  );
  const made = { apiVersion: "v1", kind, metadata: { name }, data };
  if (behavior !== "merge") return [...manifests, kind === "Secret" ? { ...made, type: "Opaque" } : made];
  return changed(manifests, (one) => one.kind === kind && one.metadata.name === name, made);
}

function patched(manifests: readonly Manifest[], directory: string, { path, target }: Patch): Manifest[] {
  const [patch] = load(join(directory, path));
  if (patch === undefined) throw new Error(`${path} is empty`);
  const isMeant = (one: Manifest) => one.kind === patch.kind && one.metadata.name === patch.metadata.name;
  // As in kustomize: a patch with a selector may find nothing, one without it may not.
  if (target !== undefined && !manifests.some((one) => one.kind === target.kind)) return [...manifests];
  if (patch.$patch === "delete") {
    if (!manifests.some(isMeant)) throw new Error(`${path} has no target`);
    return manifests.filter((one) => !isMeant(one));
  }
  return changed(manifests, isMeant, patch);
}

function changed(
  manifests: readonly Manifest[],
  isMeant: (one: Manifest) => boolean,
  patch: Manifest,
): Manifest[] {
  if (!manifests.some(isMeant))
    throw new Error(`${patch.kind} ${patch.metadata.name} is to be changed, but missing`);
  return manifests.map((one) => (isMeant(one) ? (merge(one, patch) as Manifest) : one));
}

function merge(base: unknown, patch: unknown): unknown {
  if (isNamedList(base) && isNamedList(patch)) {
    const added = patch.filter((item) => !base.some(({ name }) => name === item.name));
    // kustomize puts what is new in front.
    return [...added, ...base.map((item) => merge(item, patch.find(({ name }) => name === item.name) ?? {}))];
  }
  if (!isObject(base) || !isObject(patch)) return patch;
  const all = { ...base };
  for (const [key, value] of Object.entries(patch)) all[key] = key in all ? merge(all[key], value) : value;
  return all;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.every((item) => isObject(item) && typeof item.name === "string");
}
