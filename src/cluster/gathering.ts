import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import { isWorkerMessage, type PrimaryMessage, type WorkerMessage } from "../ipc.js";
import type { Component } from "../lifecycle.js";
import type { Measurements } from "../service.js";

/** A worker that takes longer to answer counts as down in this gathering, in milliseconds. */
const DEADLINE_MS = 1000;

/** Asks workers for their metrics: from `start` on, those that are forked. */
export interface Gathering extends Component {
  /** Has this process asked as well, from when it says that it is ready until it ends. */
  add(worker: ChildProcess): void;
  /**
   * What those tell that answer within `deadlineMs`; others do not hold it up. Where two workers have the same slot, the
   * older one is on its way out. Never rejects.
   */
  collect(): Promise<Pick<Measurements, "workers" | "leaving">>;
}

type Answer = Extract<WorkerMessage, { type: "shoal:metrics" }>;

/** Gathers from any number of workers at the same time. */
export function createGathering(deadlineMs = DEADLINE_MS): Gathering {
  const respondents = new Set<Respondent>(); // the oldest first
  const onFork = (worker: Worker): void => add(worker.process);

  function add(worker: ChildProcess): void {
    const respondent = createRespondent(worker);
    respondents.add(respondent);
    worker.once("exit", () => {
      respondents.delete(respondent);
      respondent.end();
    });
  }

  return {
    name: "gathering",
    async start() {
      cluster.on("fork", onFork);
    },
    async stop() {
      cluster.off("fork", onFork);
    },
    add,
    async collect() {
      const answers = await Promise.all([...respondents].map((respondent) => respondent.ask(deadlineMs)));
      const workers = new Map<number, Answer["families"]>();
      const leaving = new Map<number, Answer["families"]>();
      for (const answer of answers) {
        if (answer === undefined) continue;
        const older = workers.get(answer.slot);
        if (older !== undefined) leaving.set(answer.slot, older);
        workers.set(answer.slot, answer.families);
      }
      return { workers, leaving };
    },
  };
}

interface Respondent {
  ask(deadlineMs: number): Promise<Answer | undefined>;
  end(): void;
}

/** One worker. At most one question is on its way to it: one that hangs must not have them pile up in its channel. */
function createRespondent(worker: ChildProcess): Respondent {
  let ready = false;
  let request = 0;
  let pending: Promise<Answer | undefined> | undefined;
  let settle = (_answer: Answer | undefined): void => {};
  /** An answer that came too late: its collection has reset what the worker measures between two, such as its lag. */
  let unread: Answer | undefined;
  let isLate = false;

  function onMessage(message: unknown): void {
    if (!isWorkerMessage(message)) return;
    if (message.type === "shoal:ready") ready = true;
    if (message.type === "shoal:metrics" && message.request === request) settle(message);
  }

  function question(): Promise<Answer | undefined> {
    const answered = new Promise<Answer | undefined>((resolve) => {
      isLate = false;
      settle = (answer) => {
        pending = undefined;
        if (isLate) unread = answer;
        resolve(answer);
      };
    });
    request += 1;
    const message: PrimaryMessage = { type: "shoal:collect", request };
    worker.send(message, (error) => error !== null && settle(undefined));
    return answered;
  }

  worker.on("message", onMessage);
  return {
    async ask(deadlineMs) {
      // Sooner it does not listen yet, and what it is sent then is lost.
      if (!ready || !worker.connected) return undefined;
      const told = unread;
      unread = undefined;
      if (told !== undefined) return told;
      pending ??= question();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          isLate = true;
          resolve(undefined);
        }, deadlineMs);
      });
      return Promise.race([pending, late]).finally(() => clearTimeout(timer));
    },
    end() {
      worker.off("message", onMessage);
      settle(undefined);
    },
  };
}
