import cluster from "node:cluster";
import { z } from "zod";
import { operator } from "../../contract/access.js";
import { emitted } from "../../contract/emitted.js";
import type { Client } from "../../contract/event.js";
import { type ConnectionInfo, feature } from "../../contract/feature.js";
import { roomName, userId } from "../../contract/room-schemas.js";
import { route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";
import {
  connectionEventModel,
  createConnectionEvents,
  EVENT_ID,
  EVENT_TYPES,
  type EventFilter,
} from "./connections.model.js";
import { createConnectionAudit } from "./connections.service.js";

const session = z.string().max(64).describe("Public id of the Socket.IO session");
const instance = z.string().max(64);
const worker = z.int().min(1);
const eventId = z.string().regex(EVENT_ID, "must be the id of an event, or a time");

const connectionEvent = z
  .strictObject({
    id: z.string().max(24).describe("For `before`"),
    type: z.enum(EVENT_TYPES),
    at: z.date(),
    session: session.optional(),
    instance,
    worker,
    transport: z.string().max(32).optional(),
    user: z
      .string()
      .max(128)
      .optional()
      .describe("Whose connection it was, or who was revoked, removed or moved"),
    code: z.string().max(64).optional().describe("What a handshake was refused with"),
    key: z.string().max(64).optional().describe("Key of the server API by which it was done"),
    token: z.string().max(256).optional().describe("`jti` of the token that was revoked"),
    room: roomName.optional().describe("The room whose messages were removed"),
    reason: z.string().max(64).optional().describe("Why it ended, in Socket.IO's words"),
  })
  .meta({ id: "ConnectionEvent" });

const sessionEvent = emitted("session", {
  summary:
    "First event of every connection: its public id, whom it speaks for, which process it is on, and what that takes.",
  payload: z.strictObject({
    id: session,
    user: userId,
    instance,
    worker,
    pid: z
      .int()
      .min(1)
      .optional()
      .describe("Process of that worker; only where `API_DOCS` is on, and there is a primary to replace it"),
    maxBodyBytes: z.int().min(1).describe("Largest body of a message, as JSON text"),
    maxPublishMessages: z.int().min(1).describe("Most messages of one `publish`"),
  }),
});

/** Who came and went, when and why. */
export const connections = feature("connections", {
  models: { connectionEvent: connectionEventModel },
  create({ models, identity, limits, database, metrics, api, log }) {
    const place = { ...identity, ...(api.isShown && cluster.isWorker ? { pid: process.pid } : {}) };
    const taken = { maxBodyBytes: limits.bodyBytes, maxPublishMessages: limits.publishMessages };
    const unrecorded = metrics.counter(
      "connection_audit_unrecorded_total",
      "Refused handshakes that the audit did not record, as there were more than 20 in a second",
    );
    const events = createConnectionEvents(models.connectionEvent, database);
    const audit = createConnectionAudit(events, log, unrecorded.add);

    function record(
      type: "connect" | "disconnect",
      client: Client,
      info: ConnectionInfo,
      reason?: string,
    ): void {
      const event = { type, session: client.session, ...info, ...(reason === undefined ? {} : { reason }) };
      log.info(event, `client ${type}`);
      audit.record({ ...event, user: client.user, ...identity, at: new Date() });
    }

    return {
      routes: [
        route(
          "GET",
          "/connections",
          {
            summary:
              "What became of connections, newest first, without client addresses: who connected and disconnected, which handshakes were refused, and what was done to users, tokens and rooms by which key.",
            access: operator,
            query: z.strictObject({
              limit: wholeNumber(1, 500).default(50),
              type: z.enum(EVENT_TYPES).optional(),
              user: userId.optional(),
              session: session.optional(),
              before: z
                .union([eventId, z.iso.datetime()])
                .optional()
                .describe("Only what was before it: `id` of the last one of a page, or a time"),
            }),
            reply: z.strictObject({ events: z.array(connectionEvent).max(500) }),
          },
          async ({ query }) => {
            const { limit, ...asked } = query;
            const filter = Object.fromEntries(
              Object.entries(asked).filter(([, value]) => value !== undefined),
            ) as EventFilter;
            const events = await audit.recent(filter, limit);
            return { events: events.map(({ address: _private, ...event }) => event) };
          },
        ),
      ],
      emits: [sessionEvent],
      onConnect(client, info) {
        record("connect", client, info);
        client.send(sessionEvent, { id: client.session, user: client.user, ...place, ...taken });
      },
      onRefuse: (session, info, code) =>
        audit.record({ type: "refuse", session, ...info, code, ...identity, at: new Date() }),
      onAct({ type, key, target }) {
        const [kind = "", ...rest] = target.split(":");
        const named = { [kind]: rest.join(":") };
        const by = key === undefined ? {} : { key };
        log.info({ type, target, ...by }, "done by a key");
        audit.record({ type, ...named, ...by, ...identity, at: new Date() });
      },
      onDisconnect: (client, info, reason) => record("disconnect", client, info, reason),
      component: audit,
    };
  },
});
