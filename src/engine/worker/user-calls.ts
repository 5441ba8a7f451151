import type { Instances, WorkerReport } from "../../contract/instances.js";
import type { Users } from "../../contract/users.js";
import type { Membership } from "../membership/membership.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Answer, Question } from "../realtime/users/questions.js";
import { createUserDesk, type UserDeskParts } from "../realtime/users/user-desk.js";
import { createWorkerCalls, type WorkerCallParts } from "../realtime/users/worker-calls.js";
import { createWorkerMail } from "../realtime/users/worker-mail.js";
import type { QuestionStore } from "../stores/question-store.js";

/** What all workers are asked for, and what hears the others' questions: from before anybody is served until the last one has gone. */
export function createUserCalls(
  parts: UserDeskParts &
    Omit<WorkerCallParts, "answer" | "mail" | "members"> & {
      readonly members: Pick<Membership, "enrolled" | "alive" | "listen">;
      readonly questions: QuestionStore;
      /** What this worker says of itself. */
      readonly report: () => WorkerReport;
    },
): Users & Pick<Instances, "everywhere"> & { readonly component: Component } {
  const ofUser = createUserDesk(parts);
  const answer = async (question: Question): Promise<Answer> =>
    question.kind === "report" ? { connections: [], report: parts.report() } : ofUser(question);
  const mail = createWorkerMail(parts.questions, parts.members, answer);
  const calls = createWorkerCalls({ ...parts, mail, answer });

  return {
    component: compose("user calls", [mail, calls]),
    async everywhere() {
      const { answers, missing } = await calls.poll({ kind: "report" });
      const workers = answers.flatMap(({ report }) => (report === undefined ? [] : [report]));
      return { workers, missing: missing + answers.length - workers.length };
    },
    async find(user) {
      const answers = await calls.ask({ kind: "find", user });
      // A worker of an earlier version names no rooms.
      return answers.flatMap(({ connections }) =>
        connections.map((one) => ({ ...one, rooms: one.rooms ?? [], roomCount: one.roomCount ?? 0 })),
      );
    },
    async disconnect(user, reconnect) {
      const answers = await calls.ask({ kind: "disconnect", user, reconnect });
      return answers.reduce((sum, { connections }) => sum + connections.length, 0);
    },
    async move(user, join, leave) {
      const answers = await calls.ask({ kind: "move", user, join, leave });
      return answers.reduce(
        (sum, { moved = { connections: 0, full: 0 } }) => ({
          connections: sum.connections + moved.connections,
          full: sum.full + moved.full,
        }),
        { connections: 0, full: 0 },
      );
    },
  };
}
