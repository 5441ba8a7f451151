import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import mongoose from "mongoose";
import { generatedFiles } from "../../src/generated/generated-files.js";
import { PROJECT } from "../support/readme.js";

const generated = generatedFiles(mongoose.createConnection());
const document = (path: string) => JSON.parse(generated[path] ?? "") as { info: { version: string } };
const text = (path: string) => readFileSync(join(PROJECT, path), "utf8");

test.each(Object.keys(generated))("%s is what `npm run docs` writes", (path) => {
  expect(text(path)).toBe(generated[path]);
});

test.each(Object.keys(generated))("%s says at its top that it is generated, and by what", (path) => {
  expect(text(path).split("\n").slice(0, 3).join()).toContain("npm run docs");
});

test.each(["docs/openapi.json", "docs/asyncapi.json"])("%s has the version of the package", (path) => {
  expect(document(path).info.version).toBe(JSON.parse(text("package.json")).version);
});

test("the OpenAPI document passes the field's validator", async () => {
  // Jest's modules are CommonJS; the validator is an ES module, which another process loads.
  const program = `import { Validator } from "@seriousme/openapi-schema-validator";
    const result = await new Validator().validate(${generated["docs/openapi.json"]});
    process.stdout.write(JSON.stringify(result));`;
  expect(JSON.parse(evaluate(program))).toEqual({ valid: true });
});

test("the page of the configuration shows each default as one writes it", () => {
  const page = generated["docs/configuration.md"] ?? "";

  expect(page).toContain("| `RATE_IP_HANDSHAKES` | `off`; `10,50` in production |");
  expect(page).toContain("| `PORT` | `3000` |");
  expect(page).not.toContain("[object");
});

// @asyncapi/parser brings 136 packages of 54 MB for the same schema; it finds this document valid, too.
test("the AsyncAPI document passes the schema of its specification", () => {
  const schema = JSON.parse(text("node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"));
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

  validate(document("docs/asyncapi.json"));
  expect(validate.errors).toBeNull();
});

test("a reference of the AsyncAPI document leads to something", () => {
  const whole = document("docs/asyncapi.json");
  const references = [...(generated["docs/asyncapi.json"] ?? "").matchAll(/"\$ref": "#\/([^"]+)"/g)];
  const targets = references.map(([, path = ""]) =>
    path.split("/").reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], whole),
  );
  expect(targets.length).toBeGreaterThan(20);
  expect(targets).not.toContain(undefined);
});

function evaluate(program: string): string {
  // By its input: an argument has at most 128 KiB.
  const options = { cwd: PROJECT, encoding: "utf8", input: program } as const;
  return execFileSync(process.execPath, ["--input-type=module"], options);
}
