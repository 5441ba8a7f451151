import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";
import { buildPlainly, buildWithKubectl, hasKubectl, type Manifest } from "./support/kustomize.js";
import { VARIANT_NAMES, variantDirectories } from "./support/variants.js";

const K8S = join(PROJECT, "k8s");

describe("kustomize", () => {
  let directories: ReadonlyMap<string, string>;

  beforeAll(async () => {
    directories = await variantDirectories();
  });

  test.each(VARIANT_NAMES)("%s can be built, by kubectl as by our own reading of it", (name) => {
    const directory = directories.get(name) ?? "";

    const plain = buildPlainly(directory);

    expect(plain.length).toBeGreaterThan(6);
    // Without kubectl our own reading stands alone: it fails for missing files and patches without a target.
    expect(sorted(plain)).toEqual(sorted(hasKubectl() ? buildWithKubectl(directory) : plain));
  });

  test("every file in k8s is used by a kustomization beside it", () => {
    const unused = readdirSync(K8S, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml") && !name.endsWith("kustomization.yaml"))
      .filter((name) => {
        const [file = "", ...folder] = name.split("/").reverse();
        const plan = readFileSync(join(K8S, ...folder.reverse(), "kustomization.yaml"), "utf8");
        return !new RegExp(`^\\s+- (path: )?${file}$`, "m").test(plan);
      });

    expect(unused).toEqual([]);
  });

  test("a listed file that is missing is found", async () => {
    const copy = await copyOfK8s();
    rmSync(join(copy, "base/service.yaml"));

    expect(() => buildPlainly(join(copy, "overlays/prod"))).toThrow(/service\.yaml is listed/);
  });

  test("a patch whose target is gone is found", async () => {
    const copy = await copyOfK8s();
    const patch = join(copy, "overlays/dev/small-deployment.yaml");
    writeFileSync(patch, readFileSync(patch, "utf8").replace("name: shoal\n", "name: whale\n"));

    expect(() => buildPlainly(join(copy, "overlays/dev"))).toThrow(/Deployment whale/);
  });
});

async function copyOfK8s(): Promise<string> {
  const directory = await tempDir("k8s");
  cpSync(K8S, directory, { recursive: true });
  return directory;
}

function sorted(manifests: readonly Manifest[]): Manifest[] {
  const key = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
  return [...manifests].sort((one, other) => key(one).localeCompare(key(other)));
}
