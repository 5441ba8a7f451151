import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { placeOf } from "../../../src/engine/config/file-place.js";
import { makeKey } from "../../support/api-keys.js";
import { tempDir } from "../../support/temp-dir.js";

test("a path is told whole: with the ending of a file, or below a folder that there is", async () => {
  const dir = await tempDir("place");
  const paths = ["keys.json", "none/keys.json", "tests/secret", "/nowhere/keys.txt", join(dir, "a/b"), dir];

  expect(paths.map((path) => placeOf(resolve(path)))).toEqual(paths.map((path) => resolve(path)));
});

test("a secret in place of a path is not told", () => {
  const bytes = randomBytes(48);
  const secrets = [
    ...[bytes.toString("hex"), bytes.toString("base64url"), makeKey("ci").key],
    ...["abc/def", "/abc/def+g", "/abc", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"],
    ...['[{"kid":"ci","sha256":["0a1b"],"caps":{}}]', `keys\u001b[2J.json`, `${"x".repeat(300)}.json`],
  ];

  const places = [`looked for in ${process.cwd()}`, "looked for in /"];
  for (const secret of secrets) expect(places).toContain(placeOf(resolve(secret)));
  expect(secrets.filter((secret) => placeOf(resolve(secret)).includes(secret))).toEqual([]);
});
