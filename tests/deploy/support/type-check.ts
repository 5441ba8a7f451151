import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEnd } from "../../support/cleanup.js";
import { PROJECT } from "../../support/readme.js";

interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Packages with types, by the ending of an API group. Groups without a dot and those of Kubernetes itself are in the first. */
const PACKAGES: readonly (readonly [RegExp, string])[] = [
  [/^gateway\.networking\.k8s\.io\//, "@kubernetes-models/gateway-api/"],
  [/^keda\.sh\//, "@kubernetes-models/keda/"],
  [/^monitoring\.coreos\.com\//, "@kubernetes-models/prometheus-operator/"],
  [/^(\w+\/)?v\d\w*$|^(networking|rbac\.authorization)\.k8s\.io\//, "kubernetes-models/"],
];

const OPTIONS = {
  module: "nodenext",
  target: "es2023",
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
};

/**
 * What the compiler says about documents: each is written as a literal of the interface of its kind, so that
 * unknown keys, wrong values and missing ones are errors, and all go through one run of tsc. Good ones are absent.
 */
export function typeErrors(documents: ReadonlyMap<string, Typed>): ReadonlyMap<string, readonly string[]> {
  const names = [...documents.keys()];
  const directory = scratchDirectory();
  for (const [index, document] of [...documents.values()].entries()) {
    writeFileSync(join(directory, `document-${index}.ts`), literal(document));
  }
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS }));
  const compiler = join(PROJECT, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", "."], {
    cwd: directory,
    encoding: "utf8",
  });
  const found = [...stdout.matchAll(/^document-(\d+)\.ts\(.*?\): error TS\d+: (.*)$/gm)];
  if (status !== 0 && found.length === 0) throw new Error(`tsc failed: ${stdout}`);
  const errors = new Map<string, string[]>();
  for (const [, index, message = ""] of found) {
    const name = names[Number(index)] ?? "";
    errors.set(name, [...(errors.get(name) ?? []), message]);
  }
  return errors;
}

/** Within the project, so that packages are found. */
function scratchDirectory(): string {
  mkdirSync(join(PROJECT, ".cache"), { recursive: true });
  const directory = mkdtempSync(join(PROJECT, ".cache", "manifest-types-"));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function literal(document: Typed): string {
  const name = `I${document.kind}`;
  const source = PACKAGES.find(([group]) => group.test(document.apiVersion))?.[1];
  const module =
    source === undefined
      ? "../../tests/deploy/support/custom-kinds.ts"
      : `${source}${document.apiVersion}/${document.kind}`;
  const value = JSON.stringify(document, undefined, 2);
  return `import type { ${name} } from "${module}";\n\nexport const document: ${name} = ${value};\n`;
}
