import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startMongo } from "../support/mongo.js";
import { PROJECT } from "../support/readme.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";

// docs/entries.md is made of the declarations, but for what the server has besides.

const rows = readFileSync(join(PROJECT, "docs/entries.md"), "utf8")
  .split("## Without a declaration")[1]
  ?.matchAll(/^\| `GET (\S+)` \| (public|private) \|/gm);
const entries = [...(rows ?? [])].map(([, path = "", port = ""]) => ({ path, port }));
const portsOf = (path: string) => entries.filter((entry) => entry.path === path).map(({ port }) => port);

let shoal: Shoal;

beforeAll(async () => {
  shoal = await spawnShoal({ mongodbUri: (await startMongo()).uriFor() });
});

test("what the server has besides is at the port that the page names, and not at the other one", async () => {
  expect(entries.length).toBeGreaterThan(5);
  const there = async (url: string, path: string) => (await fetch(url + path)).status !== 404;
  for (const { path } of entries) {
    const found = [await there(shoal.url, path), await there(shoal.adminUrl, path)];
    const ports = portsOf(path);
    expect([path, found]).toEqual([path, [ports.includes("public"), ports.includes("private")]]);
  }
});
