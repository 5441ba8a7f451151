import { z } from "zod";
import { operator } from "../../contract/access.js";
import { emitted } from "../../contract/emitted.js";
import type { Client } from "../../contract/event.js";
import { type ConnectionInfo, feature } from "../../contract/feature.js";
import { route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";
import { connectionEventModel, createConnectionEvents } from "./connections.model.js";
import { createConnectionAudit } from "./connections.service.js";

const session = z.string().max(64).describe("Public id of the Socket.IO session");
const instance = z.string().max(64);
const worker = z.int().min(1);

const connectionEvent = z
  .strictObject({
    type: z.enum(["connect", "disconnect"]),
    at: z.date(),
    session,
    instance,
    worker,
    transport: z.string().max(32),
    reason: z.string().max(64).optional().describe("Why it ended, in Socket.IO's words"),
  })
  .meta({ id: "ConnectionEvent" });

const sessionEvent = emitted("session", {
  summary: "First event of every connection: its public id, and which process it is on.",
  payload: z.strictObject({ id: session, instance, worker }),
});

/** Who came and went, when and why. */
export const connections = feature("connections", {
  models: { connectionEvent: connectionEventModel },
  create({ models, identity, database, log }) {
    const audit = createConnectionAudit(createConnectionEvents(models.connectionEvent, database), log);

    function record(
      type: "connect" | "disconnect",
      client: Client,
      info: ConnectionInfo,
      reason?: string,
    ): void {
      const event = { type, session: client.session, ...info, ...(reason === undefined ? {} : { reason }) };
      log.info(event, `client ${type}`);
      audit.record({ ...event, ...identity, at: new Date() });
    }

    return {
      routes: [
        route(
          "GET",
          "/connections",
          {
            summary: "The newest connects and disconnects, newest first, without client addresses.",
            access: operator,
            query: z.strictObject({ limit: wholeNumber(1, 500).default(50) }),
            reply: z.strictObject({ events: z.array(connectionEvent).max(500) }),
          },
          async ({ query }) => {
            const events = await audit.recent(query.limit);
            return { events: events.map(({ address: _private, ...event }) => event) };
          },
        ),
      ],
      emits: [sessionEvent],
      onConnect(client, info) {
        record("connect", client, info);
        client.send(sessionEvent, { id: client.session, ...identity });
      },
      onDisconnect: (client, info, reason) => record("disconnect", client, info, reason),
      component: audit,
    };
  },
});
