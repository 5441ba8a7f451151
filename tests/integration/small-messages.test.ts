import { createRoomClient } from "../../client/room-client.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";

const LIMITS = [500, 8192];

/** A worker with this limit, and a client that has known for long that it is connected. */
async function world(limit: number) {
  const env = { MESSAGE_LIMIT_BYTES: String(limit), ROOM_PUBLISH_MESSAGES: "7" };
  const worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { socket, session } = await connectClient(worker.url, { auth: { user: "ann" }, reconnection: true });
  const disconnects: string[] = [];
  socket.on("disconnect", (reason) => disconnects.push(reason));
  return { socket, session, disconnects, room: createRoomClient(socket).room("kitchen") };
}

test.each(LIMITS)(
  "with bodies of at most %i bytes the client library stores all that fits",
  async (limit) => {
    const { socket, session, disconnects, room } = await world(limit);
    const publishAll = () =>
      Promise.all(Array.from({ length: 40 }, () => room.publish("x".repeat(limit / 2))));

    expect(session).toMatchObject({ maxBodyBytes: limit, maxPublishMessages: 7 });
    const first = await publishAll(); // it came after the session was told
    expect(disconnects).toEqual([]);
    socket.disconnect();
    const second = publishAll();
    socket.connect();

    expect([...first, ...(await second)].map(({ seq }) => seq)).toEqual(
      Array.from({ length: 80 }, (_, n) => n + 1),
    );
    expect(disconnects).toEqual(["io client disconnect"]);
  },
);

test.each(LIMITS)(
  "a body far above the limit of %i bytes is refused, and what is behind it is stored",
  async (limit) => {
    const { socket, disconnects, room } = await world(limit);
    const large = room.publish("x".repeat(59_000));
    const small = room.publish("x");

    await expect(large).rejects.toMatchObject({ code: "too_large" });
    await expect(small).resolves.toMatchObject({ seq: 1 });
    expect(disconnects).toHaveLength(1); // it was told by the connection after it
    await expect(room.publish("x".repeat(limit - 1))).rejects.toMatchObject({ code: "too_large" });
    await expect(room.publish("x".repeat(limit - 2))).resolves.toMatchObject({ seq: 2 });
    expect(socket.connected).toBe(true);
  },
);
