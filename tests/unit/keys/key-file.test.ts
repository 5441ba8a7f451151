import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiKey } from "../../../src/engine/config/api-keys.js";
import { createLogger } from "../../../src/engine/process/logger.js";
import { createKeyFile } from "../../../src/engine/trust/keys/key-file.js";
import { makeKey } from "../../support/api-keys.js";
import { onTestEnd } from "../../support/cleanup.js";
import { tempDir } from "../../support/temp-dir.js";
import { eventually } from "../../support/wait.js";

const one = makeKey("one");
const two = makeKey("two");

/** A file with the first key, and who follows it; what it has heard of it so far is left out. */
async function follow() {
  const path = join(await tempDir("keys"), "keys.json");
  const lines: string[] = [];
  const changes: (readonly ApiKey[])[] = [];
  const log = createLogger("info", { write: (text) => void lines.push(text) });
  const config = { first: [one.entry], file: path };
  const file = createKeyFile(config, (keys) => void changes.push(keys), log);
  onTestEnd(file.stop);
  const write = (text: string) => writeFile(path, text);
  await write(JSON.stringify([one.entry]));
  await file.start();
  expect(changes.splice(0)).toEqual([[one.entry]]);
  return { path, file, write, lines, changes };
}

describe("the file of keys", () => {
  test("is read again by itself when it changes, also when another file takes its place", async () => {
    const { path, file, changes, lines } = await follow();
    await writeFile(`${path}.new`, JSON.stringify([two.entry]));
    await rename(`${path}.new`, path);

    await eventually(() => expect(changes).toEqual([[two.entry]]));
    expect(file.value()).toEqual([two.entry]);
    expect(lines.join("")).toContain('"variable":"API_KEYS_FILE"');
    expect(lines.join("")).not.toContain(two.entry.sha256[0]);
  });

  test("keeps the keys while it is wrong, and says so once", async () => {
    const { file, write, changes, lines } = await follow();

    await write(JSON.stringify([{ ...two.entry, sha256: [two.secret] }]));
    await file.reread();
    await file.reread();

    expect(file.value()).toEqual([one.entry]);
    expect(changes).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('\\"sha256\\" of key \\"two\\"');
    expect(lines[0]).not.toContain(two.secret);

    await write(JSON.stringify([two.entry]));
    await file.reread();

    expect(file.value()).toEqual([two.entry]);
    expect(lines.slice(1).join("")).toContain("was read again");
  });

  test("keeps the keys while one of them would be granted nothing", async () => {
    const { file, write, changes, lines } = await follow();

    await write(JSON.stringify([{ ...two.entry, caps: { "news:*": ["users"] } }]));
    await file.reread();
    await file.reread();

    expect([file.value(), changes]).toEqual([[one.entry], []]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('in \\"caps\\" of key \\"two\\"');
  });

  test("that stays what it is, is no change", async () => {
    const { file, changes, lines } = await follow();

    await file.reread();

    expect([changes, lines]).toEqual([[], []]);
  });

  test("is not needed: keys of a variable stay what they are", async () => {
    const file = createKeyFile({ first: [one.entry], file: "" }, () => {}, createLogger("silent"));

    await file.start();
    await file.reread();
    expect(file.value()).toEqual([one.entry]);
    await file.stop();
  });
});
