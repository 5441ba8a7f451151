import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { newProject, node } from "../support/setup-project.js";

const OLDER = "> dist/ is not of the present sources, and is used as it is: npm run build makes it anew\n";
const SHOAL = ["scripts/shoal.mjs", "doctor"];

/** One that was installed and built, from other sources than it has now. */
function pulledProject(): Promise<string> {
  return newProject({
    "package.json": '{"type":"module"}',
    "package-lock.json": '{"packages":{"":{},"node_modules/new":{"version":"1.0.0"}}}',
    "tsconfig.json": "{}",
    "src/first.ts": "export const first = 1;\n",
    "client/tsconfig.json": "{}",
    "client/third.ts": "export const third = 3;\n",
    "node_modules/.package-lock.json": '{"packages":{}}',
    "dist/.stamp": '{"inputs":"of yesterday","outputs":"of yesterday"}',
    "dist/cli/main.js": 'console.log("ran", process.argv[2]);\n',
  });
}

describe("npx shoal", () => {
  test("uses what is installed and built, as a server may run on it, and says that the sources are others", async () => {
    const project = await pulledProject();
    const before = await stat(join(project, "dist/cli/main.js"));

    expect(await node(project, SHOAL)).toEqual({ code: 0, stdout: "ran doctor\n", stderr: OLDER });

    expect((await stat(join(project, "dist/cli/main.js"))).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(join(project, "node_modules/.package-lock.json"), "utf8")).toBe('{"packages":{}}');
  });

  test.each(["dist/.stamp", "node_modules/.package-lock.json"])(
    "installs where the set-up was never done or cut short (no %s)",
    async (missing) => {
      const project = await pulledProject();
      await rm(join(project, missing));

      const { code, stderr } = await node(project, SHOAL, { npm_execpath: join(project, "npm-is-away.js") });

      expect(code).not.toBe(0);
      expect(stderr).toMatch(/npm ci|npm-is-away/);
    },
  );
});
