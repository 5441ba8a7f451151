import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROJECT = join(__dirname, "..", "..");

interface Verdict {
  readonly what: string;
  readonly value: number;
}

interface Report {
  readonly runs: readonly {
    readonly reports: readonly { readonly name: string; readonly verdicts: readonly Verdict[] }[];
  }[];
}

/** Bounds are looser than the benchmark's targets: other tests run on the same cores. */
const BOUNDS = [
  ["fanout", "100 k/s: CPU per delivery, of stock", 0.95],
  ["fanout", "500 k/s: CPU per delivery, of stock", 0.6],
  ["fanout", "saturation: CPU per delivery, of stock", 0.3],
  ["durable", "100 k/s: CPU per delivery, of the relay", 1.3],
  ["durable", "500 k/s: CPU per delivery, of the relay", 1.3],
] as const;

describe("the short benchmark", () => {
  let report: Report;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), "shoal-ratios-"));
    try {
      const json = join(dir, "report.json");
      const rows = ["fanout", "durable"].join(",");
      const args = ["--short", "--rows", rows, "--json", json, "--html", join(dir, "report.html")];
      const script = join(PROJECT, "scripts", "bench.mjs");
      // A missed target is the exit code 1, which is for a quiet machine: the figures count here.
      await promisify(execFile)(process.execPath, [script, ...args], { timeout: 115_000 }).catch(
        (error: { code?: number; stdout?: string; stderr?: string }) => {
          if (error.code !== 1) throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}`);
        },
      );
      report = JSON.parse(readFileSync(json, "utf8")) as Report;
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }, 120_000);

  function figure(row: string, what: string): number {
    const verdicts = report.runs[0]?.reports.find(({ name }) => name === row)?.verdicts;
    return verdicts?.find((verdict) => verdict.what === what)?.value ?? Number.NaN;
  }

  test.each(BOUNDS)("%s at %s stays below %d", (row, what, bound) => {
    expect(figure(row, what)).toBeLessThan(bound);
  });

  test("a saturated room gets at least twice as many messages as with stock Socket.IO", () => {
    expect(figure("fanout", "saturation: throughput, of stock")).toBeGreaterThan(2);
  });
});
