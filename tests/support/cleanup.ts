type Teardown = () => unknown;

export interface Cleanup {
  /** `teardown` runs at the next drain; what is registered last runs first. */
  onEnd(teardown: Teardown): void;
  /**
   * Runs and forgets all teardowns, one after the other, also when some fail.
   * @throws the failure, or an AggregateError that quotes all of them.
   */
  drain(): Promise<void>;
}

/** A list of things to undo. The module's own two lists are drained by jest; make others only to test this one. */
export function createCleanup(): Cleanup {
  const teardowns: Teardown[] = [];

  async function drain(): Promise<void> {
    const failures: unknown[] = [];
    for (let teardown = teardowns.pop(); teardown !== undefined; teardown = teardowns.pop()) {
      try {
        await teardown();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("\n"));
  }

  return { onEnd: (teardown) => void teardowns.push(teardown), drain };
}

const ofTest = createCleanup();
const ofFile = createCleanup();
const state = { inTest: false };

/** Undoes something when the running test ends; a failure fails that test. */
export const onTestEnd = ofTest.onEnd;

/** Undoes something when the test file ends; a failure fails the file. */
export const onFileEnd = ofFile.onEnd;

/**
 * Undoes something at the end of whatever made it: the running test (its `beforeEach` included), or the
 * file when called from `beforeAll`. Every helper of this directory registers its teardown here.
 */
export function onEnd(teardown: Teardown): void {
  (state.inTest ? ofTest : ofFile).onEnd(teardown);
}

// Registered at import, so before the hooks of the test file: its beforeEach already counts as the test.
beforeEach(() => {
  state.inTest = true;
});
afterEach(async () => {
  state.inTest = false;
  await ofTest.drain();
});
afterAll(ofFile.drain);
