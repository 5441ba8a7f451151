import { fileURLToPath } from "node:url";
import { spawnNode } from "../support/child.js";
import { KINDS } from "./case.js";
import { runFuzz } from "./run.js";

const SCRIPT = fileURLToPath(new URL("../../tools/fuzz.mjs", import.meta.url));
const CASES = 240;

test("whatever bytes, packets and requests come, each is answered as declared, and who behaves notices nothing", async () => {
  const { tally } = await runFuzz({
    ...{ seed: "short", kinds: KINDS, sides: ["guarded"], workers: 1, hasRedis: false, lanes: 48 },
    ...{ warmUp: CASES / 4, aloneMs: 0, mostMemory: 2, goOn: ({ begun }) => begun() < CASES },
  });

  expect(tally.violations).toEqual([]);
  // What only bounces off would not have been tried.
  const outcomes = [...tally.outcomes.keys()];
  const wanted = ["ok", "connected", "200", "400", "invalid", "unauthenticated", "token_expired"];
  expect(outcomes).toEqual(expect.arrayContaining(wanted));
  expect([...tally.inputsOf.keys()].sort()).toEqual([...KINDS].sort());
});

test("one case of a seed is repeated, with all that it was, and a summary", async () => {
  const run = await spawnNode(SCRIPT, { args: ["--seed", "7", "--case", "3", "--workers", "1"] });
  const { code } = await run.exited;
  const said = run.lines.map(({ text }) => text).join("\n");

  expect(said).toContain("number: 3,");
  expect(said).toContain("nothing undeclared was answered");
  expect(code).toBe(0);
});

test("npm run fuzz tells its usage, and refuses what it does not know", async () => {
  const help = await spawnNode(SCRIPT, { args: ["--help"] });
  const wrong = await spawnNode(SCRIPT, { args: ["--cases", "none"] });

  expect((await help.exited).code).toBe(0);
  expect(help.lines.map(({ text }) => text).join("\n")).toContain("--case K");
  expect((await wrong.exited).code).toBe(2);
});
