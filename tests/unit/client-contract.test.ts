import { execFileSync } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { anyone, operator, user } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { event } from "../../src/contract/event.js";
import type { Declared } from "../../src/contract/feature.js";
import { route } from "../../src/contract/route.js";
import { wholeNumber } from "../../src/contract/validation.js";
import { clientContract } from "../../src/generated/client-contract.js";
import { typeOf } from "../../src/generated/typescript.js";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";

test.each([
  [z.string().max(5), "string"],
  [z.int().nullable(), "number | null"],
  [z.iso.datetime(), "string"],
  [z.enum(["a", 'b"']), '"a" | "b\\""'],
  [z.literal([1, 2]), "1 | 2"],
  [z.array(z.union([z.string(), z.boolean()])), "ReadonlyArray<string | boolean>"],
  [z.tuple([z.string()], z.number()), "readonly [string, ...ReadonlyArray<number>]"],
  [z.record(z.string(), z.number()), "{ readonly [name: string]: number }"],
  [z.looseObject({ a: z.null() }), "{\n  a: null;\n} & { readonly [name: string]: unknown }"],
  [z.intersection(z.strictObject({}), z.string()), "({}) & (string)"],
  [z.strictObject({ "a-b": z.unknown().optional() }), '{\n  "a-b"?: Json;\n}'],
  [z.strictObject({ a: z.string().describe("Ends */ here") }), "{\n  /** Ends *\\/ here */\n  a: string;\n}"],
])("a schema is a type: %#", (schema, type) => {
  expect(typeOf(z.toJSONSchema(schema))).toBe(type);
});

test("a schema that has no type is refused", () => {
  expect(() => typeOf(z.toJSONSchema(z.never()))).toThrow("There is no TypeScript type");
});

const summary = "Is documented.";
/** An id that is also the name of something in JavaScript, and of another form than names of types have. */
const note = z.strictObject({ id: z.string(), when: z.date() }).meta({ id: "Map.note-1" });

/** What a team might declare. */
const notes: Declared = {
  name: "notes",
  routes: [
    route(
      "DELETE",
      "/notes/:id",
      {
        summary,
        access: user,
        params: z.strictObject({ id: z.string() }),
        reply: note,
        status: { all: [200, 409], of: () => 200 },
      },
      () => ({ id: "1", when: new Date() }),
    ),
    route(
      "GET",
      "/notes",
      { summary, access: anyone, query: z.strictObject({ top: wholeNumber(1, 9) }), reply: z.array(note) },
      () => [],
    ),
    route("GET", "/secrets", { summary, access: operator, reply: note }, () => ({
      id: "",
      when: new Date(),
    })),
  ],
  events: [event("note:add", { summary, access: user, payload: note }, () => {})],
  emits: [emitted("note:added", { summary, payload: z.strictObject({ note: note.nullable() }) })],
};

const PROGRAM = `
import { createApi } from "./api.js";
import type { ClientToServerEvents, Routes, ServerToClientEvents } from "./contract.js";

const api = createApi({ url: "" });
export const gone: Promise<{ id: string; when: string }> = api.delete("/notes/:id", { params: { id: "1" } });
export const all = api.get("/notes", { query: { top: 5 } }).then((notes) => notes[0]?.when.length);
// @ts-expect-error The query has a part that must be given.
void api.get("/notes");
// @ts-expect-error No route has this method.
void api.post("/notes");
// @ts-expect-error Operators' routes are not for clients.
export type Secrets = Routes["GET"]["/secrets"];
export const send = (emit: ClientToServerEvents["note:add"]) =>
  emit({ id: "1", when: "" }, (answer) => answer.ok || answer.error.temporary);
export const receive: ServerToClientEvents["note:added"] = ({ note }) => note?.id;
`;

test("what a team declares comes to clients by the same way, and compiles", async () => {
  const folder = await tempDir("contract");
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  await writeFile(join(folder, "contract.ts"), clientContract([notes]));
  await copyFile(join(PROJECT, "client", "api.ts"), join(folder, "api.ts"));
  await writeFile(join(folder, "program.ts"), PROGRAM);
  const extended = join(PROJECT, "client", "tsconfig.json");
  const compilerOptions = { noEmit: true, rootDir: folder };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: extended, compilerOptions, include: ["*.ts"] }),
  );

  expect(compile(folder)).toBe("");
  expect(clientContract([notes])).toContain('{"DELETE /notes/:id":[409]}');
});

/** What the compiler complains of. */
function compile(folder: string): string {
  const program = join(PROJECT, "node_modules", "typescript", "bin", "tsc");
  try {
    return execFileSync(process.execPath, [program, "-p", folder], { encoding: "utf8" });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}
