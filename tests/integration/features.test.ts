import { z } from "zod";
import { features } from "../../src/app/features.js";
import { operator } from "../../src/contract/access.js";
import { AppError } from "../../src/contract/errors.js";
import { feature } from "../../src/contract/feature.js";
import { namedRoom } from "../../src/contract/room-schemas.js";
import { route } from "../../src/contract/route.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let mongodbUri: string;

beforeAll(async () => {
  const mongo = await startMongo();
  mongodbUri = mongo.uriFor();
});

/** Rooms that are closed take no messages. */
const closing = feature("closing", {
  create({ metrics }) {
    const closed = new Set<string>();
    const refused = metrics.counter("closing_refused_total", "Messages for rooms that are closed");
    metrics.gauge("closing_rooms", "Rooms that are closed", () => closed.size);
    return {
      rule(_user, { operation, room }) {
        if (operation !== "publish" || !closed.has(room)) return;
        refused.add();
        throw new AppError("forbidden", "This room is closed");
      },
      routes: [
        route(
          "PUT",
          "/rooms/:room/closed",
          { summary: "Closes.", access: operator, params: namedRoom, reply: z.strictObject({}), status: 201 },
          ({ params }) => {
            closed.add(params.room);
            return {};
          },
        ),
      ],
    };
  },
});

const publish = (worker: RunningWorker, room: string, id: string) =>
  fetch(`${worker.url}/rooms/${room}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": "ann" },
    body: JSON.stringify({ id, body: "hello" }),
  });

test("a feature's rule decides for HTTP and Socket.IO alike, and only about what it is about", async () => {
  const worker = await startWorker({ mongodbUri, features: [...features, closing] });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const emit = (room: string, id: string) =>
    emitAck(socket, "publish", { room, messages: [{ id, body: "hello" }] });
  expect((await publish(worker, "hall", "1")).status).toBe(200);

  const closed = await fetch(`${worker.adminUrl}/rooms/hall/closed`, { method: "PUT" });

  expect(closed.status).toBe(201);
  const refused = await publish(worker, "hall", "2");
  expect(refused.status).toBe(403);
  const error = { code: "forbidden", message: "This room is closed", temporary: false };
  await expect(refused.json()).resolves.toMatchObject({ error });
  await expect(emit("hall", "3")).resolves.toMatchObject({ ok: false, error });
  await expect(emit("kitchen", "4")).resolves.toMatchObject({ ok: true });
  await expect(emitAck(socket, "subscribe", { room: "hall" })).resolves.toMatchObject({
    ok: true,
    messages: [{ id: "1" }],
  });
  const metrics = await worker.metrics();
  expect(metrics).toContain('closing_refused_total{worker="1"} 2');
  expect(metrics).toContain('closing_rooms{worker="1"} 1');
});

test("a worker whose features do not go together does not start, and says why", async () => {
  await expect(startWorker({ mongodbUri, features: [...features, closing, closing] })).rejects.toThrow(
    /The features cannot be served: .*"closing" is declared 2 times/,
  );
});
