import { randomBytes } from "node:crypto";
import { AppError } from "../../../contract/errors.js";
import type { Membership } from "../../membership/membership.js";
import type { Component } from "../../process/lifecycle.js";
import type { Io } from "../io.js";
import type { WorkerLink } from "../room-bus.js";
import type { Answer, Question } from "./questions.js";
import type { WorkerMail } from "./worker-mail.js";

/** Time for all workers to answer by the bus, in milliseconds; those who have not are asked by MongoDB. */
const ANSWER_MS = 2000;

/** Asks all workers of all instances. */
export interface WorkerCalls extends Component {
  /**
   * The answers of all workers that are alive, this one included.
   * @throws {AppError} `temporary` when it cannot be known who is alive, or one of them does not answer within 7 s.
   */
  ask(question: Question): Promise<readonly Answer[]>;
  /**
   * The answers that come within 2 s by the bus, this worker's own included, and how many are missing.
   * @throws {AppError} `temporary` when it cannot be known who is alive.
   */
  poll(question: Question): Promise<{ readonly answers: readonly Answer[]; readonly missing: number }>;
}

export interface WorkerCallParts {
  readonly io: Io;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly members: Pick<Membership, "enrolled" | "alive">;
  /** For those who are not reached otherwise. */
  readonly mail: Pick<WorkerMail, "ask">;
  /** What this worker answers. */
  readonly answer: (question: Question) => Promise<Answer>;
}

interface Open {
  readonly missing: Set<string>;
  readonly answers: Answer[];
  done(): void;
}

/**
 * Questions and answers go over whatever adapter joins the workers, which may lose them. Who has to answer is told by the membership,
 * which is in MongoDB, so that silence is never taken for an answer.
 */
export function createWorkerCalls({ io, link, members, mail, answer }: WorkerCallParts): WorkerCalls {
  const open = new Map<string, Open>();

  function hearQuestion(id: string, question: Question): void {
    const node = members.enrolled();
    if (node === undefined) return;
    answer(question).then(
      (mine) => io.serverSideEmit("answered", id, node, mine),
      () => {}, // silence is told apart from an answer
    );
  }

  function hearAnswer(id: string, node: string, theirs: Answer): void {
    const asked = open.get(id);
    if (asked?.missing.delete(node) !== true) return;
    asked.answers.push(theirs);
    if (asked.missing.size === 0) asked.done();
  }

  async function others(): Promise<string[]> {
    const own = members.enrolled();
    const alive = await members.alive().catch((error: unknown) => {
      throw new AppError("temporary", "It cannot be known right now which workers there are", {
        cause: error,
      });
    });
    return alive.filter((node) => node !== own);
  }

  /** What comes in time, and who has not answered. */
  async function askByBus(nodes: readonly string[], question: Question) {
    const missing = new Set(nodes);
    const answers: Answer[] = [];
    if (nodes.length === 0 || link?.isUp() !== true) return { answers, missing };
    const id = randomBytes(9).toString("base64url");
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      open.set(id, { missing, answers, done: resolve });
      timer = setTimeout(resolve, ANSWER_MS);
      io.serverSideEmit("asked", id, question);
    });
    clearTimeout(timer);
    open.delete(id);
    return { answers, missing };
  }

  async function askOthers(nodes: readonly string[], question: Question): Promise<readonly Answer[]> {
    const { answers, missing } = await askByBus(nodes, question);
    return missing.size === 0 ? answers : [...answers, ...(await mail.ask([...missing], question))];
  }

  return {
    name: "worker calls",
    async start() {
      io.on("asked", hearQuestion);
      io.on("answered", hearAnswer);
    },
    async stop() {
      io.off("asked", hearQuestion);
      io.off("answered", hearAnswer);
    },
    async ask(question) {
      const nodes = await others();
      const [mine, theirs] = await Promise.all([answer(question), askOthers(nodes, question)]);
      return [mine, ...theirs];
    },
    async poll(question) {
      const nodes = await others();
      const [mine, theirs] = await Promise.all([answer(question), askByBus(nodes, question)]);
      return { answers: [mine, ...theirs.answers], missing: theirs.missing.size };
    },
  };
}
