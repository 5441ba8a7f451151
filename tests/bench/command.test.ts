import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { spawnNode } from "../support/child.js";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";

interface Verdict {
  readonly what: string;
  readonly value: number;
}

interface Report {
  readonly runs: readonly {
    readonly reports: readonly { readonly name: string; readonly verdicts: readonly Verdict[] }[];
  }[];
}

/** A minute on an idle machine. */
const GIVE_UP_MS = 1_200_000;

// How good the figures are is not judged here: that takes a quiet machine, and `npm run bench` tells it by its exit code.
test(
  "npm run bench measures the rows that it was asked for, side by side, and writes a figure for each target",
  async () => {
    const dir = await tempDir("bench");
    const json = join(dir, "report.json");
    const args = [
      "--short",
      "--rows",
      "durable,fanout,cuts",
      "--json",
      json,
      "--html",
      join(dir, "report.html"),
    ];
    const bench = await spawnNode(join(PROJECT, "tools", "bench.mjs"), { args, env: { TMPDIR: dir } });

    await bench.exited; // with 1 when a target was missed
    const written = await readFile(json, "utf8").catch((cause: unknown) => {
      throw new Error(bench.lines.map(({ text }) => text).join("\n"), { cause });
    });

    const { runs } = JSON.parse(written) as Report;
    expect(runs).toHaveLength(1);
    const found = runs[0]?.reports.map(({ name, verdicts }) => [name, verdicts.map(({ what }) => what)]);
    expect(Object.fromEntries(found ?? [])).toEqual({
      fanout: expect.arrayContaining([
        "100 k/s: CPU per delivery, of stock",
        "500 k/s: CPU per delivery, of stock",
        "saturation: CPU per delivery, of stock",
        "saturation: throughput, of stock",
      ]),
      durable: expect.arrayContaining([
        "100 k/s: CPU per delivery, of the relay",
        "500 k/s: CPU per delivery, of the relay",
      ]),
      cuts: ["durable room: lost", "durable room: repeated", "durable room: reordered"],
    });
    // No machine is too busy for these.
    const ofCuts = runs[0]?.reports.find(({ name }) => name === "cuts")?.verdicts;
    expect(ofCuts?.map(({ value }) => value)).toEqual([0, 0, 0]);
    const figures = runs[0]?.reports.flatMap(({ verdicts }) => verdicts) ?? [];
    expect(figures.filter(({ value }) => !Number.isFinite(value) || value < 0)).toEqual([]);
    expect(bench.family()).toEqual([]);
  },
  GIVE_UP_MS,
);
