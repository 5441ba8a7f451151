import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AppError } from "../../../contract/errors.js";
import type { Membership } from "../../membership/membership.js";
import type { Component } from "../../process/lifecycle.js";
import type { QuestionStore } from "../../stores/question-store.js";
import type { Answer, Question } from "./questions.js";

/** Longest time for all answers, in milliseconds: workers look for questions every second. */
const ANSWER_MS = 5000;
/** Time between two looks for answers, in milliseconds. */
const LOOK_MS = 200;

/** Asks workers by MongoDB, where the bus does not reach them. */
export interface WorkerMail extends Component {
  /** @throws {AppError} `temporary` when one of them does not answer within 5 s, or MongoDB is away. */
  ask(nodes: readonly string[], question: Question): Promise<readonly Answer[]>;
}

/** It costs each worker one small query a second. */
export function createWorkerMail(
  store: QuestionStore,
  members: Pick<Membership, "enrolled" | "listen">,
  answer: (question: Question) => Promise<Answer>,
): WorkerMail {
  let stopHearing = (): void => {};
  let isReading = false;

  async function read(node: string): Promise<void> {
    for (const { id, question } of await store.openFor(node)) {
      await store.answer(id, node, JSON.stringify(await answer(JSON.parse(question) as Question)));
    }
  }

  function look(): void {
    const node = members.enrolled();
    if (isReading || node === undefined) return;
    isReading = true;
    // An outage is told by the membership, which looks at the same time; silence is told apart from an answer.
    read(node)
      .catch(() => {})
      .finally(() => {
        isReading = false;
      });
  }

  async function answersOf(id: string, count: number): Promise<readonly Answer[]> {
    const endMs = performance.now() + ANSWER_MS;
    while (performance.now() < endMs) {
      const answers = (await store.answers(id)) ?? [];
      if (answers.length === count) return answers.map((one) => JSON.parse(one.answer) as Answer);
      await pause(LOOK_MS);
    }
    throw new AppError("temporary", "Not all workers have answered in time", {
      cause: new Error("A worker that is there has not answered its mail in time"),
    });
  }

  return {
    name: "worker mail",
    async start() {
      stopHearing = members.listen({ looked: look });
    },
    async stop() {
      stopHearing();
    },
    async ask(nodes, question) {
      const id = randomBytes(9).toString("base64url");
      try {
        await store.put(id, nodes, JSON.stringify(question));
        return await answersOf(id, nodes.length);
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw new AppError("temporary", "The other workers cannot be asked right now", { cause: error });
      } finally {
        // Whoever is late must not do it any more.
        await store.remove(id).catch(() => {});
      }
    },
  };
}
