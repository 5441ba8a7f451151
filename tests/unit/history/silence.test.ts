import { createSilenceLog } from "../../../src/engine/history/silence.js";
import { createLogger } from "../../../src/engine/process/logger.js";

test("a worker that did not answer twice in a row is told once, and that it answers again", () => {
  const lines: Record<string, unknown>[] = [];
  const looked = createSilenceLog(
    createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) }),
  );
  const look = (...silent: number[]): void =>
    looked(
      [101, 102].map((pid) => ({
        ...{ worker: pid - 100, pid, state: "ready" as const, since: "", restarts: 0 },
        isSilent: silent.includes(pid),
      })),
    );

  look(101);
  look(102); // each missed one look
  look(101);
  expect(lines).toEqual([]);
  look(101);
  look(101);
  look();
  look();

  expect(lines.map(({ level, worker, workerPid, msg }) => [level, worker, workerPid, msg])).toEqual([
    ["warn", 1, 101, "worker does not answer"],
    ["info", 1, 101, "worker answers again"],
  ]);
});
