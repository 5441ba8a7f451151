import { fileURLToPath } from "node:url";
import { spawnNode } from "../support/child.js";
import { runRenewal } from "./run.js";

const SCRIPT = fileURLToPath(new URL("../../tools/renewal.mjs", import.meta.url));

test("clients whose tokens expire all the time lose nothing and stay connected, with the key server away", async () => {
  const { violations, renewals, acknowledged, received } = await runRenewal({
    ...{ clients: 24, tokenS: 10, seconds: 12, workers: 2 },
  });

  expect(violations).toEqual([]);
  expect(renewals).toBeGreaterThanOrEqual(24); // a token lasts less than the talk
  expect(acknowledged).toBeGreaterThanOrEqual(24);
  expect(received).toBeGreaterThan(acknowledged);
});

test("npm run renewal tells its usage, and refuses what it does not know", async () => {
  const help = await spawnNode(SCRIPT, { args: ["--help"] });
  const wrong = await spawnNode(SCRIPT, { args: ["--clients", "none"] });

  expect((await help.exited).code).toBe(0);
  expect(help.lines.map(({ text }) => text).join("\n")).toContain("--token-seconds N");
  expect((await wrong.exited).code).toBe(2);
});
