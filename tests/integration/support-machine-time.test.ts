import { availableParallelism } from "node:os";
import { spawnProgram } from "../support/child.js";
import { afterMachineTime, keptOf, startStopwatch } from "../support/machine-time.js";
import { deferred, within } from "../support/wait.js";

/** Three tasks for each core, which want it for 10 s at the longest. */
async function makeBusy(): Promise<void> {
  const args = ["10", "sh", "-c", "while :; do :; done"];
  await Promise.all(
    Array.from({ length: 3 * availableParallelism() }, () => spawnProgram("timeout", { args })),
  );
}

/** How long 300 ms of the machine's time take by the clock. */
async function clockMs(): Promise<number> {
  const over = deferred();
  const startMs = performance.now();
  afterMachineTime(300, over.resolve);
  await over.promise;
  return performance.now() - startMs;
}

describe("the machine's time", () => {
  test("is never ahead of the clock", async () => {
    const startMs = performance.now();
    const passedMs = startStopwatch();

    expect(await clockMs()).toBeGreaterThanOrEqual(299); // Node rounds timers to whole milliseconds
    expect(passedMs()).toBeLessThanOrEqual(performance.now() - startMs + 50);
  });

  test("passes at a third or less of the clock's where each core is wanted by three", async () => {
    await makeBusy();

    expect(await clockMs()).toBeGreaterThan(600);
  });

  test("does not pass while this process itself is held up", async () => {
    const promise = new Promise<string>((resolve) => setTimeout(resolve, 600, "came"));
    const bounded = within(promise, 500, "the event");
    const heldUpUntil = performance.now() + 700;
    while (performance.now() < heldUpUntil);

    await expect(bounded).resolves.toBe("came");
  });

  test("passes more slowly while the host of a virtual machine gives its cores to others", () => {
    const since = (used: number, idle: number, stolen: number) =>
      keptOf(
        "cpu  100 10 50 900 5 1 2 30 0 0",
        `cpu  ${100 + used} 10 50 ${900 + idle} 5 1 2 ${30 + stolen} 0 0`,
      );

    expect([since(4, 6, 0), since(4, 0, 4), since(2, 6, 6), since(0, 10, 0)]).toEqual([1, 0.5, 0.25, 1]);
    expect(keptOf("", "cpu  100 10 50 900 5 1 2 30 0 0")).toBe(1);
  });

  test("is not expired by what was taken back", async () => {
    const expired: string[] = [];
    const forget = afterMachineTime(60, () => expired.push("taken back"));
    afterMachineTime(20, () => expired.push("short"));
    forget();

    await clockMs();
    expect(expired).toEqual(["short"]);
  });
});
