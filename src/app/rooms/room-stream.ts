import { room } from "../../contract/access.js";
import type { Engine } from "../../contract/feature.js";
import { namedRoom, roomReset, wireMessage } from "../../contract/room-schemas.js";
import { type Stream, type StreamedEvent, stream } from "../../contract/stream.js";
import type { Subscription } from "../../contract/types.js";
import { lastEventId, streamQuery } from "./rooms.schemas.js";

/** A room for clients that have HTTP and nothing else: the same messages in the same order as by `subscribe`, each with its place as its id. */
export function roomStream({ rooms }: Pick<Engine, "rooms">): Stream {
  return stream(
    "/rooms/:room/stream",
    {
      summary:
        "Gives the room as server-sent events: a page of it, and from its end on every message as it comes. A client that comes back with `Last-Event-ID` goes on where it was.",
      access: room("subscribe"),
      params: namedRoom,
      query: streamQuery,
      last: lastEventId,
      events: { message: wireMessage, reset: roomReset },
      errors: ["too_many_connections"],
    },
    async ({ params, query, last, user, signal }, send) => {
      // A browser asks again with the address of the first time.
      const from = last ?? query;
      await rooms.follow({ ...params, ...from }, signal, (page) => send(eventsOf(page)), user);
    },
  );
}

/** The number that a client names after a reset is the one from which it is given what is left. */
function eventsOf(page: Subscription): StreamedEvent[] {
  const { epoch } = page;
  const idOf = (seq: number): string => `${epoch}:${seq}`;
  if ("reset" in page) return [{ id: idOf(page.floor), event: "reset", data: page }];
  const messages = page.messages.map((message) => ({
    id: idOf(message.seq),
    event: "message",
    data: message,
  }));
  // Who has had nothing yet has a place, too, and misses nothing when he comes back.
  return page.messages.at(-1)?.seq === page.to ? messages : [...messages, { id: idOf(page.to) }];
}
