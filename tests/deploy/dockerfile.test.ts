import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { PROJECT } from "../support/readme.js";
import { copiedSources, dockerContext, readDockerfile, textsOf } from "./support/dockerfile.js";

describe("Dockerfile", () => {
  const stages = readDockerfile();
  const runtime = stages.at(-1);
  const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
    version: string;
    license: string;
    scripts: Record<string, string>;
  };

  test("has a stage that builds, one for the dependencies, and one that runs", () => {
    expect(stages.map(({ name }) => name)).toEqual(["build", "dependencies", "runtime"]);
  });

  test("every stage stands on the same exact version of Node, which has long-term support", () => {
    for (const { image } of stages) expect(image).toMatch(/^node:2[0-9]\.\d+\.\d+-\w+-slim$/);
    expect(new Set(stages.map(({ image }) => image)).size).toBe(1);
    expect(Number(/\d+/.exec(runtime?.image ?? "")?.[0]) % 2).toBe(0);
  });

  test("everything that is copied is there and gets past .dockerignore, and nothing else does", () => {
    const sources = copiedSources(stages).map((source) => source.replace(/^\.\//, ""));

    expect(sources.filter((source) => !existsSync(join(PROJECT, source)))).toEqual([]);
    expect(new Set(sources)).toEqual(new Set(dockerContext()));
  });

  test("what is copied from another stage comes from one that exists", () => {
    const origins = textsOf(runtime, "COPY").flatMap((text) => /--from=(\S+)/.exec(text)?.[1] ?? []);

    expect(origins).toEqual(["dependencies", "build"]);
    expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(origins));
  });

  test("packages are installed from the lock file, without running scripts of theirs", () => {
    const installs = stages.flatMap((stage) => textsOf(stage, "RUN")).filter((text) => text.includes("npm "));

    expect(installs.filter((text) => text.includes("npm install"))).toEqual([]);
    expect(installs.filter((text) => text.includes("npm ci") && !text.includes("--ignore-scripts"))).toEqual(
      [],
    );
    expect(installs).toContain("npm run build");
    expect(manifest.scripts).toHaveProperty("build");
  });

  test("what runs has neither development packages nor the embedded database", () => {
    const dependencies = stages.find(({ name }) => name === "dependencies");

    expect(textsOf(dependencies, "RUN").join()).toMatch(/npm ci --omit=dev --omit=optional/);
    expect(textsOf(runtime, "RUN").join()).not.toContain("npm ci");
  });

  test("nothing is fetched from an address, and no shell installs system packages", () => {
    for (const stage of stages) {
      expect(textsOf(stage, "ADD")).toEqual([]);
      expect(textsOf(stage, "RUN").join()).not.toMatch(/curl|wget|apt|https?:/);
    }
  });

  test("runs as a numeric user that is not root, chosen after the last file was copied", () => {
    const names = runtime?.instructions.map(({ name }) => name) ?? [];

    expect(textsOf(runtime, "USER")).toEqual(["1000:1000"]);
    expect(names.lastIndexOf("USER")).toBeGreaterThan(names.lastIndexOf("COPY"));
    expect(names.lastIndexOf("USER")).toBeGreaterThan(names.lastIndexOf("RUN"));
  });

  test("starts the process itself, which thereby gets SIGTERM", () => {
    expect(textsOf(runtime, "CMD")).toEqual(['["node", "dist/main.js"]']);
    expect(textsOf(runtime, "ENTRYPOINT")).toEqual([]);
    expect(textsOf(runtime, "STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(existsSync(join(PROJECT, "src/main.ts"))).toBe(true);
  });

  test("is in production on the ports that it exposes, by variables that the configuration knows", () => {
    const [text = ""] = textsOf(runtime, "ENV");
    const environment = Object.fromEntries(
      text
        .trim()
        .split(/\s+/)
        .map((pair) => pair.split("=")),
    );

    expect(environment).toEqual({ NODE_ENV: "production", PORT: "3000", ADMIN_PORT: "9464" });
    expect(Object.keys(environment).filter((name) => !(name in VARIABLES))).toEqual([]);
    expect(textsOf(runtime, "EXPOSE")).toEqual([`${environment.PORT} ${environment.ADMIN_PORT}`]);
  });

  test("says what it is in labels of the Open Container Initiative", () => {
    const labels = textsOf(runtime, "LABEL").join();

    for (const name of ["title", "description", "licenses", "version", "revision"]) {
      expect(labels).toContain(`org.opencontainers.image.${name}=`);
    }
    expect(labels).toContain(`licenses="${manifest.license}"`);
    expect(textsOf(runtime, "ARG")).toContain(`VERSION=${manifest.version}`);
  });
});
