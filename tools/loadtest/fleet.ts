import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Sample } from "./generator/meter.js";
import type { Order, Report } from "./ipc.js";
import type { Share } from "./plan.js";

type Of<Type extends Report["type"]> = Extract<Report, { type: Type }>;

/** The generator processes. */
export interface Fleet {
  /** To all of them. */
  order(order: Order): void;
  /** Gives an order, and waits for the answer of every process. @throws when it takes longer, or one has died. */
  ask<Type extends Report["type"]>(order: Order, type: Type, withinMs: number): Promise<Of<Type>[]>;
  /** Rejects when a process dies unasked. */
  readonly failed: Promise<never>;
  /** Ends all; kills what does not end in 5 s. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 5000;
const PROGRAM = fileURLToPath(new URL("./generator/main.js", import.meta.url));

/** Starts a process per share. `onSample` gets what each tells, five times a second. */
export function startFleet(
  shares: readonly Share[],
  onSample: (index: number, sample: Sample) => void,
): Fleet {
  let stopping = false;
  const children = shares.map(() => fork(PROGRAM, { serialization: "advanced", execArgv: [] }));
  const exits = children.map((child) => new Promise<void>((resolve) => child.once("exit", () => resolve())));
  const failed = new Promise<never>((_, reject) => {
    for (const child of children) {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        if (!stopping) reject(new Error(`a generator process ended with ${signal ?? `code ${code}`}`));
      });
    }
  });
  failed.catch(() => {}); // also when nobody asks any more

  function order(message: Order): void {
    for (const child of children) if (child.connected) child.send(message);
  }

  for (const [index, child] of children.entries()) {
    child.on("message", (report: Report) => {
      if (report.type === "sample") onSample(index, report.sample);
    });
    const share = shares[index];
    if (share !== undefined) child.send({ type: "start", share } satisfies Order);
  }

  return {
    order,
    failed,
    async ask(message, type, withinMs) {
      const answers = Promise.all(children.map((child) => answerOf(child, type, withinMs)));
      order(message);
      return Promise.race([answers, failed]);
    },
    async stop() {
      stopping = true;
      order({ type: "end" });
      const timer = setTimeout(() => children.forEach((child) => void child.kill("SIGKILL")), STOP_WITHIN_MS);
      await Promise.all(exits);
      clearTimeout(timer);
    },
  };
}

function answerOf<Type extends Report["type"]>(
  child: ChildProcess,
  type: Type,
  withinMs: number,
): Promise<Of<Type>> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
    };
    const onMessage = (report: Report): void => {
      if (report.type !== type) return;
      finish();
      resolve(report as Of<Type>);
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`a generator process gave no ${type} within ${withinMs} ms`));
    }, withinMs);
    child.on("message", onMessage);
  });
}
