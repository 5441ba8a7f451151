import type { Emitted } from "../../../contract/emitted.js";
import type { Audience } from "../../../contract/feature.js";
import type { Component } from "../../process/lifecycle.js";
import type { Deliver } from "../clients.js";
import { untyped } from "../clients.js";
import type { Io } from "../io.js";
import type { WorkerLink } from "../room-bus.js";
import type { LocalUsers } from "./local-users.js";

/** What it is made of. */
interface AudienceParts {
  readonly io: Io;
  readonly deliver: Deliver;
  /** All that may be sent, declared by the features. */
  readonly emits: readonly Emitted[];
  readonly users: LocalUsers;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
}

/** Reaches users by whichever connections they have, over whatever adapter joins the workers. */
export function createAudience({ io, deliver, emits, users, link }: AudienceParts): Audience & Component {
  const byName = new Map(emits.map((event) => [event.name, event]));

  function sendHere(to: readonly string[], event: Emitted, payload: unknown): void {
    for (const socket of new Set(to.flatMap(users.of))) deliver.one(socket, event, payload);
  }

  function hear(to: readonly string[], name: string, payload: unknown): void {
    const event = byName.get(name);
    if (event !== undefined) sendHere(to, event, payload); // another version of this program may know others
  }

  return {
    name: "audience",
    async start() {
      io.on("users", hear);
    },
    async stop() {
      io.off("users", hear);
    },
    everyone: (event, payload) => deliver.many(untyped(io), event, payload),
    users(to, event, payload) {
      sendHere(to, event, payload);
      if (link !== undefined) io.serverSideEmit("users", to, event.name, payload);
    },
    isComplete: () => link?.isUp() ?? true,
  };
}
