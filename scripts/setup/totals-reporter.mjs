/** A jest reporter that ends the run with one plain line for programs to read. Jest wants a default export. */
export default class TotalsReporter {
  onRunComplete(_contexts, totals) {
    // A file that does not load has no tests to fail, and one whose teardown fails has only passed ones.
    const failed = totals.numFailedTests + totals.numRuntimeErrorTestSuites || totals.numFailedTestSuites;
    process.stdout.write(`${totals.numPassedTests} passed, ${failed} failed\n`);
  }
}
