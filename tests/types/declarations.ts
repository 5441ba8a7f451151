/** What must not compile, checked with the types of the tests: an expected error that does not come is one. Nothing here is run. */
import { z } from "zod";
import { anyone, operator, room, ruled, user } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { type Client, event } from "../../src/contract/event.js";
import { type Engine, feature } from "../../src/contract/feature.js";
import { namedRoom } from "../../src/contract/room-schemas.js";
import { route } from "../../src/contract/route.js";

const summary = "Is documented.";
const note = z.strictObject({ id: z.string(), text: z.string() });
const newNote = z.strictObject({ text: z.string() });
const NOTE = { id: "1", text: "a" };
const noteAdded = emitted("note:added", { summary, payload: note });
declare const engine: Engine;
declare const client: Client;

// A declaration says who may call it.
route("GET", "/notes", { summary, access: user, reply: note }, () => NOTE);
event("note:add", { summary, access: user, payload: newNote, ack: note }, () => NOTE);
// @ts-expect-error A route without access.
route("GET", "/notes", { summary, reply: note }, () => NOTE);
// @ts-expect-error An event without access.
event("note:add", { summary, payload: newNote, ack: note }, () => NOTE);

// It is documented.
// @ts-expect-error A route without a sentence.
route("GET", "/notes", { access: user, reply: note }, () => NOTE);
// @ts-expect-error An event without a sentence.
event("note:add", { access: user, payload: newNote, ack: note }, () => NOTE);
// @ts-expect-error An emitted event without a sentence.
emitted("note:added", { payload: note });

// Access to a room needs an input that names one.
event("room:typing", { summary, access: room("relay"), payload: namedRoom }, () => {});
route("GET", "/rooms/:room", { summary, access: room("page"), params: namedRoom, reply: note }, () => NOTE);
// @ts-expect-error A payload that names no room.
event("room:typing", { summary, access: room("relay"), payload: newNote }, () => {});
// @ts-expect-error A path that names no room.
route("GET", "/rooms", { summary, access: room("page"), reply: note }, () => NOTE);
// @ts-expect-error A room that only the body names.
route("POST", "/rooms", { summary, access: room("publish"), body: namedRoom, reply: note }, () => NOTE);
// @ts-expect-error An operation that there is not.
room("demolish");
// @ts-expect-error An operation on a room that is not named.
ruled(["publish"], () => ({ operation: "publish" }));

// Every connection speaks for somebody, and none for an operator.
// @ts-expect-error
event("note:add", { summary, access: anyone, payload: newNote }, () => {});
// @ts-expect-error
event("note:add", { summary, access: operator, payload: newNote }, () => {});

// A handler answers as its declaration says.
// @ts-expect-error A part of the reply is missing.
route("GET", "/notes", { summary, access: user, reply: note }, () => ({ id: "1" }));
// @ts-expect-error A part of the reply is of another type.
route("GET", "/notes", { summary, access: user, reply: note }, async () => ({ id: 1, text: "a" }));
// @ts-expect-error There is no reply.
route("GET", "/notes", { summary, access: user, reply: note }, () => {});
// @ts-expect-error A part of the acknowledgement is missing.
event("note:add", { summary, access: user, payload: newNote, ack: note }, () => ({ id: "1" }));
// @ts-expect-error There is no acknowledgement.
event("note:add", { summary, access: user, payload: newNote, ack: note }, async () => {});
// @ts-expect-error An error that the catalogue does not have.
route("GET", "/notes", { summary, access: user, reply: note, errors: ["no_notes"] }, () => NOTE);

// A handler gets what was declared, and nothing else.
// @ts-expect-error The query was not declared.
route("GET", "/notes", { summary, access: user, reply: note }, ({ query }) => ({ ...NOTE, id: query.id }));
route("POST", "/notes", { summary, access: user, body: newNote, reply: note }, ({ body, user: from }) => {
  // @ts-expect-error The body has no such field.
  return { ...NOTE, id: from, text: body.title };
});
// @ts-expect-error Nobody says who he is where anyone may ask.
route("GET", "/notes", { summary, access: anyone, reply: note }, ({ user: from }) => ({ ...NOTE, id: from }));

// A client is let in where the declaration says which channel, and only there.
const watching = { summary, access: user, payload: newNote };
event("note:watch", { ...watching, enters: ({ text }) => `app:${text}` }, ({ entry }) => void entry.enter());
event("note:watch", { ...watching, enters: () => undefined }, ({ entry }) => entry.exit());
// @ts-expect-error It says none.
event("note:watch", watching, ({ entry }) => void entry.enter());
// @ts-expect-error It says only which one is left.
event("note:watch", { ...watching, leaves: () => "app:notes" }, ({ entry }) => void entry.enter());
// @ts-expect-error A channel that has the form of a session's own room.
event("note:watch", { ...watching, enters: () => "notes" }, ({ entry }) => void entry.enter());
// @ts-expect-error A field that the payload does not have.
event("note:watch", { ...watching, enters: ({ id }) => `app:${id}` }, ({ entry }) => void entry.enter());

// Only what was declared is emitted, and in its form.
engine.send("app:notes", noteAdded, NOTE);
client.send(noteAdded, NOTE);
client.relay(noteAdded, NOTE, "app:notes");
// @ts-expect-error A part of the payload is missing.
engine.send("app:notes", noteAdded, { id: "1" });
// @ts-expect-error A part of the payload is of another type.
client.send(noteAdded, { id: 1, text: "a" });
// @ts-expect-error A part of the payload is missing.
client.relay(noteAdded, { text: "a" }, "app:notes");
// @ts-expect-error A name instead of a declaration.
client.send("note:added", NOTE);
// @ts-expect-error A channel that has the form of a session's own room.
engine.send("notes", noteAdded, NOTE);

// A feature has the models that it declares.
feature("notes", {
  // @ts-expect-error There is no such model.
  create: ({ models }) => ({ component: models.note }),
});
