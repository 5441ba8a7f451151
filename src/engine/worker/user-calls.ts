import type { Users } from "../../contract/users.js";
import type { Membership } from "../membership/membership.js";
import { type Component, compose } from "../process/lifecycle.js";
import { createUserDesk, type UserDeskParts } from "../realtime/users/user-desk.js";
import { createWorkerCalls, type WorkerCallParts } from "../realtime/users/worker-calls.js";
import { createWorkerMail } from "../realtime/users/worker-mail.js";
import type { QuestionStore } from "../stores/question-store.js";

/** The users of all workers, and what hears the others' questions: from before anybody is served until the last one has gone. */
export function createUserCalls(
  parts: UserDeskParts &
    Omit<WorkerCallParts, "answer" | "mail" | "members"> & {
      readonly members: Pick<Membership, "enrolled" | "alive" | "listen">;
      readonly questions: QuestionStore;
    },
): Users & { readonly component: Component } {
  const answer = createUserDesk(parts);
  const mail = createWorkerMail(parts.questions, parts.members, answer);
  const calls = createWorkerCalls({ ...parts, mail, answer });

  return {
    component: compose("user calls", [mail, calls]),
    async find(user) {
      const answers = await calls.ask({ kind: "find", user });
      return answers.flatMap(({ connections }) => connections);
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
