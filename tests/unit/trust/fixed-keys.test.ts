import { rename, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "../../../src/engine/process/logger.js";
import { createFixedKeys } from "../../../src/engine/trust/tokens/fixed-keys.js";
import { onTestEnd } from "../../support/cleanup.js";
import { createLineLog } from "../../support/line-log.js";
import { tempDir } from "../../support/temp-dir.js";
import { eventually } from "../../support/wait.js";

const [OLD, NEW] = [
  "the old secret of more than thirty-two bytes",
  "the new secret of more than thirty-two bytes",
];

async function secretsOf(keys: ReturnType<typeof createFixedKeys>): Promise<string[]> {
  const found = await keys.candidates({ alg: "HS256", kid: undefined });
  return found.map((key) => Buffer.from(key as Uint8Array).toString());
}

async function follow(text: string) {
  const directory = await tempDir("secrets");
  const path = join(directory, "secrets");
  await writeFile(path, text);
  const lines = createLineLog();
  const log = createLogger("debug", { write: (line) => lines.feed("stdout", line) });
  const keys = createFixedKeys({ kind: "secret", file: path }, log);
  await keys.start();
  onTestEnd(keys.stop);
  return { keys, path, directory, lines };
}

describe("a file of secrets", () => {
  test("is followed: one that is added is taken besides, and one that is taken away no longer", async () => {
    const { keys, path } = await follow(`${OLD}\n`);
    await expect(secretsOf(keys)).resolves.toEqual([OLD]);

    await writeFile(path, `${NEW}\n${OLD}\n`);
    await eventually(async () => expect(await secretsOf(keys)).toEqual([NEW, OLD]));
    await writeFile(path, `${NEW}\n`);
    await eventually(async () => expect(await secretsOf(keys)).toEqual([NEW]));
  });

  test("may be replaced by another target of a link", async () => {
    const { keys, path, directory } = await follow(OLD);
    await writeFile(join(directory, "next"), NEW);

    await unlink(path);
    await symlink(join(directory, "next"), `${path}.link`);
    await rename(`${path}.link`, path);
    await eventually(async () => expect(await secretsOf(keys)).toEqual([NEW]));
  });

  test("that becomes wrong changes nothing, and is told of once, without what it holds", async () => {
    const { keys, path, lines } = await follow(OLD);

    await writeFile(path, "geheim");
    const line = await lines.waitFor(
      ({ fields }) => fields.msg === "a file of secrets or keys is wrong; what it held before counts on",
    );
    expect(line.fields).toMatchObject({
      variable: "AUTH_SECRET_FILE",
      reason: expect.stringMatching(/^must have at least 32 bytes/),
    });
    await expect(secretsOf(keys)).resolves.toEqual([OLD]);
    expect(lines.lines.map(({ text }) => text).join()).not.toContain("geheim");

    await writeFile(path, NEW);
    await eventually(async () => expect(await secretsOf(keys)).toEqual([NEW]));
    expect(lines.lines.filter(({ fields }) => fields.level === "error")).toHaveLength(1);
  });

  test("that is wrong at the start ends the start", async () => {
    const path = join(await tempDir("secrets"), "secrets");
    await writeFile(path, "geheim");
    const keys = createFixedKeys({ kind: "secret", file: path }, createLogger("silent"));

    await expect(keys.start()).rejects.toThrow(
      /^AUTH_SECRET_FILE names a file that cannot be used: it must have at least 32 bytes; openssl rand/,
    );
  });
});
