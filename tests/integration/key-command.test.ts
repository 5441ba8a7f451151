import { parseApiKeys } from "../../src/engine/config/api-keys.js";
import { createKeyRing } from "../../src/engine/trust/keys/key-ring.js";
import { node, ROOT } from "../support/setup-project.js";

const run = (...args: string[]) => node(ROOT, ["scripts/shoal.mjs", "key", ...args]);

describe("npm run key", () => {
  test("prints a key, and as its result the list by which the server knows it", async () => {
    const { code, stdout, stderr } = await run("--kid", "ci", "--caps", '{"news:*":["publish","relay"]}');

    const [, key = "none"] = /^ {2}(ci\.\S+)$/m.exec(stderr) ?? [];
    const passport = createKeyRing(parseApiKeys(stdout)).passportOf(key);
    expect(code).toBe(0);
    expect(stdout).not.toContain(key.split(".")[1]);
    expect(passport?.may({ operation: "publish", room: "news:a" })).toBe(true);
    expect(passport?.may({ operation: "publish", room: "chat" })).toBe(false);
  });

  test("makes another key each time", async () => {
    const [one, other] = await Promise.all([run(), run()]);

    expect(one.stdout).toContain('"caps":{"*":["publish"]}');
    expect(one.stdout).not.toBe(other.stdout);
  });

  test("refuses what the server would not take, in one line", async () => {
    for (const args of [
      ["--kid", "a b"],
      ["--caps", "{"],
      ["--caps", '{"*":["publsh"]}'],
      ["--caps", '{"news:*":["users"]}'],
      ["--secret", "x"],
    ]) {
      const { code, stdout, stderr } = await run(...args);

      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^shoal key: .*; see shoal key --help\n$/);
    }
  });

  test("--help tells how it is used and makes nothing", async () => {
    const { code, stdout } = await run("--help");

    expect(code).toBe(0);
    expect(stdout).toContain("Usage: shoal key");
    expect(stdout).not.toContain('sha256":[');
  });
});
