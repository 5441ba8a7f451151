import { z } from "zod";
import { ABOUT, GENERATED_BY } from "./about.js";
import type { Emitted } from "./emitted.js";
import { errorBody, errorsOfEvent, errorWith } from "./error-schema.js";
import type { ClientEvent } from "./event.js";
import type { Declared } from "./feature.js";
import { accessAsData, accessSentence, errorsInWords } from "./in-words.js";
import { createSchemaWriter, type JsonSchema, type SchemaWriter } from "./json-schema.js";
import { userId } from "./room-schemas.js";

const DESCRIPTION = `Events of Socket.IO (protocol 5, that is a client of version 4), over WebSocket or HTTP long-polling, in the namespace \`/\`.

An event's payload is its only argument. What clients send may carry an acknowledgement callback: it is called once, with \`{"ok": true, ...}\` or
\`{"ok": false, "error": {"code", "message", "temporary", "retryAfterMs"?}}\`. Clients go by \`temporary\` and need no list of codes, which may grow. An
event that is not in this document is acknowledged with \`unknown_event\`.

The handshake names the user: \`auth: {"user": "ann"}\`. Without it the connection speaks for itself alone, by its session's id. A handshake that is refused
ends in Socket.IO's \`connect_error\`, whose \`data\` is an error as above, or in an HTTP response that has it as \`error\` in its body. Routes are in the OpenAPI document.`;

/** Every event travels here: Socket.IO's own path, in the namespace that clients join by default. */
const CHANNEL = "namespace";

/** The events of these features as an AsyncAPI 3.0 document, of which the subject is the server: it receives what clients send. */
export function asyncapi(features: readonly Declared[]): object {
  const schemas = createSchemaWriter("draft-07");
  const error = schemas.onWire(errorBody);
  const user = schemas.onWire(userId);
  const messages: Record<string, object> = {};
  const operations: Record<string, object> = {};
  for (const { name: tag, events = [], emits = [] } of features) {
    for (const event of events) {
      const key = keyOf("receive", event.name);
      messages[key] = asked(event, schemas);
      messages[`${key}.reply`] = acknowledgement(event, schemas, error);
      operations[key] = operation("receive", tag, event, {
        description: accessSentence(event.access),
        "x-access": accessAsData(event.access),
        reply: { channel: ref("channels", CHANNEL), messages: [messageRef(`${key}.reply`)] },
      });
    }
    for (const event of emits) {
      const key = keyOf("send", event.name);
      messages[key] = emittedMessage(event, schemas);
      operations[key] = operation("send", tag, event, {});
    }
  }
  return {
    asyncapi: "3.0.0",
    "x-generated": GENERATED_BY,
    info: { ...ABOUT, description: DESCRIPTION },
    defaultContentType: "application/json",
    servers: {
      public: {
        ...{ host: "localhost:3000", protocol: "ws", description: "Public port (`PORT`); `wss` behind TLS" },
        "x-socket.io": { version: 4, path: "/socket.io/", transports: ["websocket", "polling"] },
      },
    },
    channels: {
      [CHANNEL]: {
        address: "/socket.io/",
        title: "Namespace /",
        description: "All events of a connection, both ways",
        servers: [ref("servers", "public")],
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, ref("components/messages", key)]),
        ),
        bindings: {
          ws: {
            method: "GET",
            query: {
              type: "object",
              properties: { EIO: { const: "4" }, transport: { enum: ["websocket", "polling"] } },
              required: ["EIO", "transport"],
            },
          },
        },
        "x-socket.io": {
          namespace: "/",
          auth: { type: "object", properties: { user } },
          connect_error: { type: "object", properties: { message: { type: "string" }, data: error } },
        },
      },
    },
    operations,
    components: { messages, schemas: schemas.schemas },
  };
}

function asked({ name, summary, payload }: ClientEvent, schemas: SchemaWriter): object {
  return { name, title: name, summary, "x-socket.io": { event: name }, payload: schemas.onWire(payload) };
}

function emittedMessage({ name, summary, payload }: Emitted, schemas: SchemaWriter): object {
  return { name, title: name, summary, "x-socket.io": { event: name }, payload: schemas.onWire(payload) };
}

function acknowledgement(event: ClientEvent, schemas: SchemaWriter, error: JsonSchema): object {
  const codes = errorsOfEvent(event);
  const refusal = {
    type: "object",
    properties: { ok: { const: false }, error: errorWith(codes, error) },
    required: ["ok", "error"],
    additionalProperties: false,
  };
  return {
    name: `${event.name} acknowledgement`,
    title: `Acknowledgement of ${event.name}`,
    summary: "What the client's acknowledgement callback is called with.",
    description: `Its errors:\n\n${errorsInWords(codes)}`,
    "x-socket.io": { acknowledgementOf: event.name },
    payload: { anyOf: [schemas.onWire(accepted(event.ack)), refusal] },
  };
}

/** What is acknowledged, with `ok: true`. */
export function accepted(ack: z.core.$ZodType): z.ZodType {
  if (ack instanceof z.ZodObject) return ack.extend({ ok: z.literal(true) });
  if (ack instanceof z.ZodUnion) return z.union(ack.options.map(accepted));
  throw new Error("An acknowledgement is an object, or one of several");
}

function operation(
  action: "receive" | "send",
  tag: string,
  { name, summary }: { readonly name: string; readonly summary: string },
  more: object,
): object {
  return {
    ...{ action, title: name, summary, tags: [{ name: tag }], channel: ref("channels", CHANNEL) },
    messages: [messageRef(keyOf(action, name))],
    ...more,
  };
}

/** A name for keys of the document, which are of fewer characters than names of events. */
function keyOf(action: "receive" | "send", event: string): string {
  return `${action}.${event.replaceAll(/[^\w-]/g, ".")}`;
}

function messageRef(key: string): object {
  return ref(`channels/${CHANNEL}/messages`, key);
}

function ref(place: string, key: string): object {
  return { $ref: `#/${place}/${key}` };
}
