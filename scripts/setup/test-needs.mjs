import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { prepareCLibrary } from "./c-library.mjs";
import { ensureChromium } from "./chromium.mjs";
import { ensureNginx } from "./nginx.mjs";
import { ensureOpenssl } from "./openssl.mjs";
import { inProject } from "./project.mjs";
import { ensureRedis } from "./redis.mjs";

/** What tests may need beside npm packages, and the files of the project that run it. */
const NEEDS = [
  {
    name: "C library",
    ensure: prepareCLibrary,
    runBy: [
      "src/dev/embedded-mongodb/embedded-mongodb.ts",
      "tests/support/mongo.ts",
      "tests/support/spawn-shoal.ts",
      "tests/integration/new-feature.test.ts",
      "scripts/setup/c-library.mjs",
    ],
  },
  {
    name: "redis-server",
    ensure: ensureRedis,
    runBy: ["tests/support/redis-server.ts", "tools/stack/redis.ts", "scripts/setup/redis.mjs"],
  },
  {
    name: "nginx",
    ensure: ensureNginx,
    runBy: [
      "tools/stack/nginx.ts",
      "tests/support/nginx-round-robin.ts",
      "tests/nginx/files.test.ts",
      "tests/nginx/handshake-limit.test.ts",
      "scripts/setup/nginx.mjs",
    ],
  },
  {
    name: "openssl",
    ensure: ensureOpenssl,
    runBy: ["tests/support/certificates.ts", "tests/support/oidc-provider.ts"],
  },
  { name: "Chromium", ensure: ensureChromium, runBy: ["tests/support/browser.ts"] },
];

/** What these test files need: those of {@link NEEDS} of which a runner is among the files that they load. */
export function needsOf(testFiles) {
  const loaded = loadedBy(testFiles);
  return NEEDS.filter(({ runBy }) => runBy.some((name) => loaded.has(name)));
}

/** All files of the project that these load, themselves included, as paths from the project's folder. */
function loadedBy(testFiles) {
  const found = new Set(testFiles.map((path) => resolve(path)));
  // A Set's iteration also visits what is added on the way.
  for (const path of found) {
    for (const next of namedIn(path)) found.add(next);
  }
  return new Set([...found].map((path) => relative(inProject(), path).replaceAll("\\", "/")));
}

/** What a file imports, and the commands that it runs: those named as `"chaos.mjs"`, or so with their folder. */
function namedIn(path) {
  const text = readFileSync(path, "utf8");
  const imports = [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]+)"/g)].map(([, target = ""]) =>
    resolve(dirname(path), target),
  );
  const commands = [...text.matchAll(/"(?:[./]*(?:scripts|tools)\/)?([\w-]+\.mjs)"/g)].flatMap(
    ([, name = ""]) => [inProject("scripts", name), inProject("tools", name)],
  );
  return [...imports.map((target) => target.replace(/\.js$/, ".ts")), ...imports, ...commands].filter(
    (target) => /\.[mt]s$|\.mjs$/.test(target) && existsSync(target),
  );
}
