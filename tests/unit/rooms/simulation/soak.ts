import { parseArgs } from "node:util";
import { type Report, runSimulation } from "./simulation.js";
import { VARIANTS, type Variant } from "./variants.js";

/**
 * Runs many seeds outside of jest, once compiled:
 * `node soak.js --from 1 --count 2000`, or with `--variant "no sweep"` to see how often a broken rule is caught.
 * Ends with code 1 when the sound protocol fails.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: "string", default: "1" },
      count: { type: "string", default: "100" },
      variant: { type: "string" },
    },
  });
  const variants: Record<string, Variant> = VARIANTS;
  const variant = values.variant === undefined ? {} : variants[values.variant];
  if (variant === undefined) throw new Error(`variants: ${Object.keys(VARIANTS).join(", ")}`);
  let unhandled = 0;
  process.on("unhandledRejection", (reason) => {
    unhandled += 1;
    process.stderr.write(`unhandled rejection: ${String(reason)}\n`);
  });

  const reports: Report[] = [];
  const [from, count] = [Number(values.from), Number(values.count)];
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await runSimulation(seed, variant);
    reports.push(report);
    if (report.failures.length > 0) {
      process.stdout.write(`seed ${seed} (${report.story}): ${report.failures.slice(0, 3).join("; ")}\n`);
    }
  }
  const total = (
    field: "published" | "delivered" | "tombstones" | "resets" | "kills" | "failOvers",
  ): number => reports.reduce((sum, report) => sum + report[field], 0);
  const failed = reports.filter(({ failures }) => failures.length > 0).length;
  const summary = {
    runs: reports.length,
    failed,
    unhandled,
    published: total("published"),
    delivered: total("delivered"),
    tombstones: total("tombstones"),
    resets: total("resets"),
    kills: total("kills"),
    failOvers: total("failOvers"),
    worstConvergenceMs: Math.max(...reports.map(({ convergedMs }) => convergedMs ?? Infinity)),
  };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (values.variant === undefined && failed + unhandled > 0) process.exitCode = 1;
}

await main();
