import { z } from "zod";
import { user } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { event } from "../../src/contract/event.js";
import { feature } from "../../src/contract/feature.js";
import { documentId, userId } from "../../src/contract/room-schemas.js";
import { route } from "../../src/contract/route.js";
import { wholeNumber } from "../../src/contract/validation.js";
import { noteModel } from "./notes.model.js";
import { createNoteService } from "./notes.service.js";

const text = z.string().trim().min(1).max(500);
const newNote = z.strictObject({ text });
const noteView = z.strictObject({ id: documentId, from: userId, text, at: z.iso.datetime() });

const noteAdded = emitted("note:added", {
  summary: "Tells those who have sent `note:watch` of each note that somebody adds.",
  payload: noteView,
});

/** What all users share in `notes`. */
export const notes = feature("notes", {
  models: { note: noteModel },
  create({ models, database, send }) {
    const service = createNoteService(models.note, database);

    /** The same for the route and the event. */
    async function add(from: string, text: string) {
      const added = await service.add(from, text);
      send("app:notes", noteAdded, added);
      return added;
    }

    return {
      routes: [
        route(
          "GET",
          "/notes",
          {
            summary: "Lists `notes`, newest first.",
            access: user,
            query: z.strictObject({ limit: wholeNumber(1, 100).default(20) }),
            reply: z.strictObject({ items: z.array(noteView).max(100) }),
          },
          async ({ query }) => ({ items: await service.list(query.limit) }),
        ),
        route(
          "POST",
          "/notes",
          {
            summary: "Adds one note.",
            access: user,
            body: newNote,
            reply: noteView,
            status: 201,
            errors: ["conflict"],
          },
          ({ body, user }) => add(user, body.text),
        ),
      ],
      events: [
        event(
          "note:add",
          { summary: "Adds one note.", access: user, payload: newNote, ack: noteView, errors: ["conflict"] },
          ({ payload, user }) => add(user, payload.text),
        ),
        event(
          "note:watch",
          {
            summary: "Asks to be told of every new note.",
            access: user,
            payload: z.strictObject({}),
            enters: () => "app:notes",
          },
          ({ entry }) => void entry.enter(),
        ),
      ],
      emits: [noteAdded],
    };
  },
});
