import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseApiKeys } from "../../../src/engine/config/api-keys.js";
import { readConfig } from "../../../src/engine/config/config.js";
import { hashOf, makeKey } from "../../support/api-keys.js";
import { tempDir } from "../../support/temp-dir.js";

const { entry, secret } = makeKey("ci", { "news:*": ["publish"] });

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

const problemOfEntry = (change: object): string =>
  problemOf(() => parseApiKeys(JSON.stringify([{ ...entry, ...change }])));

describe("a list of keys", () => {
  test("is read with one or two hashes of each secret", () => {
    const both = { ...entry, sha256: [...entry.sha256, hashOf("other")] };

    expect(parseApiKeys(JSON.stringify([both]))).toEqual([both]);
  });

  test("is refused by the name of the key and its field", () => {
    expect(problemOfEntry({ sha256: ["12"] })).toContain('"sha256" of key "ci"');
    expect(problemOfEntry({ sha256: [] })).toContain('"sha256" of key "ci"');
    expect(problemOfEntry({ caps: ["publish"] })).toContain('"caps" of key "ci"');
    expect(problemOfEntry({ caps: { "news:**": ["publish"] } })).toContain('"caps" of key "ci"');
    expect(problemOfEntry({ caps: { "*": ["publsh"] } })).toContain('"caps" of key "ci"');
    expect(problemOfEntry({ more: 1 })).toContain('other fields than kid, sha256, caps in key "ci"');
    expect(problemOfEntry({ kid: "a b" })).toContain('"kid" of key 1');
  });

  const OF_A_USER = { "own:${sub}": ["publish"] };
  test.each([
    ["an operation of no room with a pattern of rooms", { "news:*": ["users"] }, "users with the pattern"],
    ["the same among others", { "news:*": ["read", "broadcast"] }, "broadcast with the pattern"],
    ["a pattern that covers no room", { "..": ["publish"] }, "patterns that cover a room"],
    ["the rooms of a user, who a key is not", OF_A_USER, ": a key is no user"],
    ["a pattern that is none", { "a b": ["publish"] }, "a pattern must be segments"],
    ["patterns without operations", { "news:*": "publish" }, "patterns of rooms with lists"],
  ])("is refused for %s", (_what, caps, problem) => {
    expect(problemOfEntry({ caps })).toMatch(/^must have .* in "caps" of key "ci"/);
    expect(problemOfEntry({ caps })).toContain(problem);
  });

  test("may grant what concerns no room with the pattern of everything, and words of rooms with any", () => {
    const caps = { "*": ["users", "rooms", "revoke", "operate", "broadcast"], "news:*": ["*", "manage"] };

    expect(parseApiKeys(JSON.stringify([{ ...entry, caps }]))).toMatchObject([{ caps }]);
  });

  test("has each name once", () => {
    expect(problemOf(() => parseApiKeys(JSON.stringify([entry, entry])))).toContain('"ci"');
  });

  test("is refused without showing what was written where a hash or a name should be", () => {
    const problems = [
      problemOfEntry({ sha256: [secret] }),
      problemOfEntry({ kid: `ci.${secret}` }),
      problemOfEntry({ [secret]: true }),
      problemOfEntry({ caps: { [secret]: [secret] } }),
      problemOf(() => parseApiKeys(`[{"kid": "${secret}", ${secret}`)),
      problemOf(() => parseApiKeys(JSON.stringify(secret))),
    ];

    expect(problems.filter((problem) => problem.includes(secret))).toEqual([]);
  });
});

describe("the configuration of keys", () => {
  test("is none by default", () => {
    expect(readConfig({}).keys).toEqual({ first: [], file: "" });
  });

  test("comes from API_KEYS", () => {
    expect(readConfig({ API_KEYS: JSON.stringify([entry]) }).keys).toEqual({ first: [entry], file: "" });
  });

  test("comes from the file that API_KEYS_FILE names", async () => {
    const file = join(await tempDir("keys"), "keys.json");
    await writeFile(file, JSON.stringify([entry]));

    expect(readConfig({ API_KEYS_FILE: file }).keys).toEqual({ first: [entry], file });
  });

  test("names the variable when it is wrong", async () => {
    const dir = await tempDir("keys");
    await mkdir(join(dir, "folder"));

    expect(problemOf(() => readConfig({ API_KEYS: "{}" }))).toContain("API_KEYS must be a JSON list");
    expect(problemOf(() => readConfig({ API_KEYS: "keys.json" }))).toContain("belongs in API_KEYS_FILE");
    expect(problemOf(() => readConfig({ API_KEYS_FILE: join(dir, "none") }))).toContain(
      `API_KEYS_FILE cannot be read: ENOENT (${join(dir, "none")})`,
    );
    expect(problemOf(() => readConfig({ API_KEYS_FILE: join(dir, "folder") }))).toContain(
      "API_KEYS_FILE cannot be read: EISDIR",
    );
    expect(
      problemOf(() => readConfig({ API_KEYS: JSON.stringify([entry]), API_KEYS_FILE: join(dir, "none") })),
    ).toContain("API_KEYS must not be set together with API_KEYS_FILE");
  });
});
