import { relative } from "node:path";
import { inProject } from "./project.mjs";

const SLOWEST = 10;

/** A jest reporter that ends a run with its slowest files and one plain line for programs to read. Jest wants a default export. */
export default class TotalsReporter {
  onRunComplete(_contexts, totals) {
    const slowest = totals.testResults
      .map(({ testFilePath, perfStats }) => ({
        file: relative(inProject(), testFilePath),
        ms: perfStats.runtime,
      }))
      .sort((one, other) => other.ms - one.ms)
      .slice(0, SLOWEST);
    // The order of a few files is on the screen already.
    if (totals.testResults.length > SLOWEST) {
      const lines = slowest.map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${file}\n`);
      process.stdout.write(`The slowest files:\n${lines.join("")}`);
    }
    // A file that does not load has no tests to fail, and one whose teardown fails has only passed ones.
    const failed = totals.numFailedTests + totals.numRuntimeErrorTestSuites || totals.numFailedTestSuites;
    process.stdout.write(`${totals.numPassedTests} passed, ${failed} failed\n`);
  }
}
