import type { Users } from "../../contract/users.js";
import type { Component } from "../process/lifecycle.js";
import { createUserDesk, type UserDeskParts } from "../realtime/users/user-desk.js";
import { createWorkerCalls, type WorkerCallParts } from "../realtime/users/worker-calls.js";

/** The users of all workers, and what hears the others' questions: from before anybody is served until the last one has gone. */
export function createUserCalls(
  parts: UserDeskParts & Omit<WorkerCallParts, "answer">,
): Users & { readonly component: Component } {
  const calls = createWorkerCalls({ ...parts, answer: createUserDesk(parts) });

  return {
    component: calls,
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
