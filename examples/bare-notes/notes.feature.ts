import { z } from "zod";
import { user } from "../../src/contract/access.js";
import { event } from "../../src/contract/event.js";
import { feature } from "../../src/contract/feature.js";
import { userId } from "../../src/contract/room-schemas.js";
import { route } from "../../src/contract/route.js";

const newNote = z.strictObject({ text: z.string().trim().min(1).max(500) });
const noteView = newNote.extend({ from: userId });

/** What `notes` answers, of which nothing is stored. */
export const notes = feature("notes", {
  create: () => ({
    routes: [
      route(
        "POST",
        "/notes",
        { summary: "Gives back one note and who sent it.", access: user, body: newNote, reply: noteView },
        ({ body, user }) => ({ text: body.text, from: user }),
      ),
    ],
    events: [
      event(
        "note:send",
        { summary: "Gives back one note and who sent it.", access: user, payload: newNote, ack: noteView },
        ({ payload, user }) => ({ text: payload.text, from: user }),
      ),
    ],
  }),
});
