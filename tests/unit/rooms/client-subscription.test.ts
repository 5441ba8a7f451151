import type { Message } from "../../../client/room-client.js";
import { createManualServer, pageOf, wire } from "./support/manual-server.js";

/** A room of the client library, and what the app got from it. */
function open(options: Parameters<ReturnType<typeof createManualServer>["client"]["room"]>[1] = {}) {
  const server = createManualServer();
  const seen: number[] = [];
  const resets: object[] = [];
  const errors: object[] = [];
  const room = server.client.room("r", {
    onMessage: (message: Message) => seen.push(message.seq),
    onReset: (reset) => resets.push({ epoch: reset.epoch, floor: reset.floor, to: reset.to }),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { server, room, seen, resets, errors };
}

describe("following a room with the client library", () => {
  test.each([
    ["the last 50 messages by default", {}, { limit: 50 }],
    ["the last messages that are wanted", { start: { limit: 7 } }, { limit: 7 }],
    ["everything", { start: { after: 0 } }, { after: 0 }],
    ["a saved position", { position: { epoch: "e", last: 12 } }, { after: 12, epoch: "e" }],
  ])("it starts with %s", (_, options, wanted) => {
    const { server } = open(options);

    expect(server.last("subscribe").payload).toEqual({ room: "r", ...wanted });
  });

  test("it asks for page after page until it is live", async () => {
    const { server, room, seen } = open({ start: { after: 0 } });

    await server.last("subscribe").ok(pageOf(0, 3, false));
    expect(server.last("subscribe").payload).toEqual({ room: "r", after: 3, epoch: "e" });
    await server.last("subscribe").ok(pageOf(3, 5));
    server.send(pageOf(5, 6));

    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(room.position()).toEqual({ epoch: "e", last: 6 });
    expect(server.requests).toHaveLength(2);
  });

  test("a live event right behind the last page, in one burst with it, is no gap", () => {
    const { server, seen } = open();

    void server.last("subscribe").ok(pageOf(3, 5));
    server.send(pageOf(5, 6));

    expect(seen).toEqual([4, 5, 6]);
    expect(server.requests).toHaveLength(1);
  });

  test("what overlaps is shown once", async () => {
    const { server, seen } = open();
    await server.last("subscribe").ok(pageOf(3, 5));

    server.send(pageOf(2, 5));
    server.send(pageOf(4, 7));
    server.send(pageOf(4, 7));

    expect(seen).toEqual([4, 5, 6, 7]);
  });

  test("an event without messages moves the position", async () => {
    const { server, room } = open();
    await server.last("subscribe").ok(pageOf(0, 2));

    server.send({ after: 2, to: 5, messages: [] });
    server.send({ after: 5, to: 6, messages: [wire(6)] });

    expect(room.position()).toEqual({ epoch: "e", last: 6 });
    expect(server.requests).toHaveLength(1);
  });

  test("a gap is asked for, once, and nothing behind it is shown before", async () => {
    const { server, seen } = open();
    await server.last("subscribe").ok(pageOf(0, 2));

    server.send(pageOf(3, 4));
    server.send(pageOf(4, 5));
    expect(server.requests).toHaveLength(2);
    expect(server.last("subscribe").payload).toEqual({ room: "r", after: 2, epoch: "e" });
    expect(seen).toEqual([1, 2]);
    await server.last("subscribe").ok(pageOf(2, 5));

    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("after every reconnect it goes on where it was", async () => {
    const { server, seen } = open();
    await server.last("subscribe").ok(pageOf(0, 2));

    await server.connection(false);
    await server.connection(true);
    expect(server.last("subscribe").payload).toEqual({ room: "r", after: 2, epoch: "e" });
    await server.last("subscribe").ok(pageOf(2, 4));

    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test("a reset is told to the app, and the room starts afresh", async () => {
    const { server, room, seen, resets } = open({ position: { epoch: "old", last: 9 }, start: { after: 0 } });

    await server.last("subscribe").ok({ reset: true, epoch: "e", floor: 3, to: 5 });
    expect(room.position()).toBeUndefined();
    expect(server.last("subscribe").payload).toEqual({ room: "r", after: 0 });
    await server.last("subscribe").ok(pageOf(3, 5));

    expect(resets).toEqual([{ epoch: "e", floor: 3, to: 5 }]);
    expect(seen).toEqual([4, 5]);
  });

  test("an event of another log makes it ask, and nothing of that log is shown before", async () => {
    const { server, seen } = open();
    await server.last("subscribe").ok(pageOf(0, 2));

    server.send({ epoch: "new", after: 2, to: 3, messages: [wire(3)] });

    expect(seen).toEqual([1, 2]);
    expect(server.last("subscribe").payload).toEqual({ room: "r", after: 2, epoch: "e" });
  });

  test("a server that cannot answer is asked again after a pause", async () => {
    const { server, seen, errors } = open();

    await server.last("subscribe").refuse("temporary", true);
    await server.resume();
    await server.last("subscribe").lose();
    await server.resume();
    await server.last("subscribe").ok(pageOf(0, 1));

    expect(seen).toEqual([1]);
    expect(errors).toEqual([]);
  });

  test("pauses grow with each failure in a row, and start afresh after a page", async () => {
    const { server } = open();
    for (let n = 0; n < 3; n += 1) {
      await server.last("subscribe").lose();
      await server.resume();
    }
    await server.last("subscribe").ok(pageOf(0, 1, false));

    await server.last("subscribe").lose();

    expect(server.failures).toEqual([0, 1, 2, 0]);
  });

  test("a page that gets it no further is asked for again after a pause", async () => {
    const { server } = open({ position: { epoch: "e", last: 2 } });

    await server.last("subscribe").ok({ epoch: "e", after: 2, to: 2, messages: [], live: false });

    expect(server.requests).toHaveLength(1);
    await server.resume();
    expect(server.requests).toHaveLength(2);
  });

  test.each(["forbidden", "too_many_rooms", "a_code_of_tomorrow"])(
    "a room that is refused for good is told to the app and not asked for again: %s",
    async (code) => {
      const { server, errors } = open();

      await server.last("subscribe").refuse(code, false);
      await server.connection(false);
      await server.connection(true);
      await server.resume();

      expect(errors).toMatchObject([{ code }]);
      expect(server.requests).toHaveLength(1);
    },
  );

  test("a refusal that does not say whether it is for good is repeated, and the app is not told", async () => {
    const { server, seen, errors } = open();

    await server.last("subscribe").refuse("forbidden");
    await server.resume();
    await server.last("subscribe").ok(pageOf(0, 1));

    expect(seen).toEqual([1]);
    expect(errors).toEqual([]);
  });

  describe("when the right to read ends", () => {
    const CLOSED = { room: "r", operation: "subscribe", code: "forbidden" };

    test("the app is told once, nothing more is shown or asked for, and what is unconfirmed is still sent", async () => {
      const told: object[] = [];
      const { server, room, seen, errors } = open({ onClosed: (error) => told.push(error) });
      await server.last("subscribe").ok(pageOf(0, 1));
      const published = room.publish("last words", "m");

      for (const _ of "12") server.events.emit("room_closed", CLOSED);
      server.send(pageOf(1, 2));
      await server.last("publish").lose();
      await server.connection(false);
      await server.connection(true);
      await server.resume();
      await server.last("publish").ok({ seqs: [2] });

      await expect(published).resolves.toEqual({ seq: 2, id: "m" });
      expect(told).toMatchObject([{ code: "forbidden" }]);
      expect([seen, errors]).toEqual([[1], []]);
      expect(server.requests.map(({ event }) => event)).toEqual(["subscribe", "publish", "publish"]);
    });

    test("an app without a handler for that gets an error", async () => {
      const { server, errors } = open();
      await server.last("subscribe").ok(pageOf(0, 1));

      server.events.emit("room_closed", CLOSED);
      await server.resume();

      expect(errors).toMatchObject([{ code: "forbidden" }]);
    });

    test.each([
      { ...CLOSED, room: "other" },
      { ...CLOSED, operation: "watch" },
    ])("what else ends is none of its business: %p", async (closed) => {
      const { server, seen, errors } = open();
      await server.last("subscribe").ok(pageOf(0, 1));

      server.events.emit("room_closed", closed);
      server.send(pageOf(1, 2));

      expect([seen, errors]).toEqual([[1, 2], []]);
    });

    test("a right of which that could not be found out is asked for again", async () => {
      const { server, seen, errors } = open();
      await server.last("subscribe").ok(pageOf(0, 1));

      server.events.emit("room_closed", { ...CLOSED, code: "temporary" });
      expect(server.last("subscribe").payload).toEqual({ room: "r", after: 1, epoch: "e" });
      await server.last("subscribe").refuse("temporary", true);
      await server.resume();
      await server.last("subscribe").ok(pageOf(1, 2));

      expect([seen, errors]).toEqual([[1, 2], []]);
    });
  });

  test("without a handler for messages it only publishes", () => {
    const server = createManualServer();

    server.client.room("r");

    expect(server.requests).toEqual([]);
  });

  test("a closed room is left, and shows nothing more", async () => {
    const { server, room, seen } = open();
    await server.last("subscribe").ok(pageOf(0, 1));

    room.close();
    server.send(pageOf(1, 2));
    await server.connection(true);

    expect(seen).toEqual([1]);
    expect(server.emitted).toEqual([{ event: "unsubscribe", payload: { room: "r" } }]);
    expect(server.requests).toHaveLength(1);
  });

  test("a room can be open once at a time", () => {
    const { server, room } = open();

    expect(() => server.client.room("r")).toThrow("open already");
    room.close();
    expect(() => server.client.room("r")).not.toThrow();
    room.close(); // once more, which is nothing to the new one
    expect(() => server.client.room("r")).toThrow("open already");
  });

  test("a closed client hears the socket no more", async () => {
    const { server, seen } = open();
    await server.last("subscribe").ok(pageOf(0, 1));

    server.client.close();
    server.send(pageOf(1, 2));

    expect(seen).toEqual([1]);
    expect(server.events.eventNames()).toEqual([]);
  });
});
