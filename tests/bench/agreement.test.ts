import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { bodyOf, openAudience } from "../../tools/bench/load/audience.js";
import { onEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";

const MESSAGES = 200;

describe("the benchmark's clients", () => {
  test("receive as many messages and bytes as socket.io-client in the same room", async () => {
    const { io, url } = await startServer();
    const reference = connect(url, { transports: ["websocket"], forceNew: true });
    onEnd(() => void reference.disconnect());
    const bodies: string[] = [];
    reference.on("message", ({ body }: { body: string }) => void bodies.push(body));
    await new Promise<void>((resolve) => reference.once("connect", resolve));
    await reference.emitWithAck("join", { room: "bench" });
    const audience = await openAudience({
      url,
      protocol: "socket.io",
      connections: 20,
      join: { event: "join", payload: { room: "bench" } },
    });
    onEnd(() => audience.close());

    for (let number = 1; number <= MESSAGES; number += 1)
      io.to("bench").emit("message", { body: bodyOf(number) });

    await eventually(() => expect(bodies).toHaveLength(MESSAGES));
    const bytesOfOne = bodies.reduce(
      (sum, body) => sum + `42${JSON.stringify(["message", { body }])}`.length,
      0,
    );
    await eventually(() => expect(audience.counts.bytes).toBe(20 * bytesOfOne));
    const { probes } = audience.counts;
    expect(probes.length).toBeGreaterThanOrEqual(5);
    expect(probes.map(({ messages, newest }) => ({ messages, newest }))).toEqual(
      probes.map(() => ({ messages: MESSAGES, newest: MESSAGES })),
    );
  });
});

async function startServer(): Promise<{ io: Server; url: string }> {
  const httpServer = createServer();
  const io = new Server(httpServer);
  io.on("connection", (socket) => {
    socket.on("join", async ({ room }: { room: string }, ack: (answer: { ok: boolean }) => void) => {
      await socket.join(room);
      ack({ ok: true });
    });
  });
  onEnd(async () => void (await io.close()));
  httpServer.listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  return { io, url: `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}` };
}
