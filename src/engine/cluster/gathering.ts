import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import { hearWorker } from "../ipc/channel.js";
import type { PrimaryMessage, WorkerMessage } from "../ipc/messages.js";
import type { Component } from "../process/lifecycle.js";
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

/** A question on its way. Its answer counts until whoever asked gives up; what comes later tells of a time that is over. */
interface Question {
  readonly answered: Promise<Answer | undefined>;
  isLate: boolean;
}

/** One worker. At most one question is on its way to it: one that hangs must not have them pile up in its channel. */
function createRespondent(worker: ChildProcess): Respondent {
  let ready = false;
  let request = 0;
  let pending: Question | undefined;
  let settle = (_answer: Answer | undefined): void => {};

  function question(): Question {
    const answered = new Promise<Answer | undefined>((resolve) => {
      settle = (answer) => {
        pending = undefined;
        resolve(answer);
      };
    });
    request += 1;
    const message: PrimaryMessage = { type: "shoal:collect", request };
    worker.send(message, (error) => error !== null && settle(undefined));
    return { answered, isLate: false };
  }

  const stopHearing = hearWorker(worker, {
    "shoal:ready"() {
      ready = true;
    },
    "shoal:metrics"(message) {
      if (message.request === request) settle(message);
    },
  });
  return {
    async ask(deadlineMs) {
      // Sooner it does not listen yet, and what it is sent then is lost.
      if (!ready || !worker.connected) return undefined;
      let isOver = false;
      let asked: Question | undefined;
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          isOver = true;
          if (asked !== undefined) asked.isLate = true;
          resolve(undefined);
        }, deadlineMs);
      });
      async function answer(): Promise<Answer | undefined> {
        // The answer to an earlier gathering has to be out of the way before another question is sent.
        while (pending?.isLate === true) await pending.answered;
        if (isOver) return undefined;
        if (pending === undefined) asked = pending = question();
        return pending.answered;
      }
      return Promise.race([answer(), over]).finally(() => clearTimeout(timer));
    },
    end() {
      stopHearing();
      settle(undefined);
    },
  };
}
