import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { eventually, once } from "../support/wait.js";

interface Message {
  readonly from: string;
  readonly room?: string;
  readonly body: unknown;
}

/** One client in each of three places: different processes, where the adapter joins several. */
type Trio = readonly [Client, Client, Client];

/**
 * What every adapter must do for clients, wherever these are. `start` gives the URLs of a running service, one per
 * instance, and `processes` says in how many different processes three clients can be.
 */
export function adapterSuite(name: string, processes: number, start: () => Promise<readonly string[]>): void {
  describe(`the adapter "${name}"`, () => {
    let urls: readonly string[];

    beforeAll(async () => {
      urls = await start();
      const trio = await connectTrio();
      // Subscriptions of processes that just started come into force a moment later.
      await eventually(() => expectCrossing(trio), { withinMs: 15_000 });
    });

    /** Connects until the three are in as many processes as there are. */
    async function connectTrio(): Promise<Trio> {
      return eventually(async () => {
        const trio = await Promise.all(
          [0, 1, 2].map((index) => connectClient(urls[index % urls.length] ?? "")),
        );
        const places = new Set(trio.map(({ session }) => `${session.instance} ${session.worker}`));
        expect(places.size).toBe(processes);
        return trio as unknown as Trio;
      });
    }

    test("carries a message to all others, once, and not back to its sender", async () => {
      const trio = await connectTrio();
      const heard = trio.map(listen);

      await emitAck(trio[0].socket, "message", { body: "first" });
      await emitAck(trio[0].socket, "message", { body: "last" });

      await eventually(() => {
        expect(heard[1]?.map(({ body }) => body)).toEqual(["first", "last"]);
        expect(heard[2]?.map(({ body }) => body)).toEqual(["first", "last"]);
      });
      expect(heard[0]).toEqual([]);
    });

    test("carries a message for a room to its members only", async () => {
      const [ann, bob, cat] = await connectTrio();
      for (const { socket } of [ann, bob]) await emitAck(socket, "join", { room: "r" });
      const [atBob, atCat] = [bob, cat].map(listen);

      await eventually(async () => {
        await emitAck(ann.socket, "message", { room: "r", body: "for r" });
        expect(atBob).toContainEqual(
          expect.objectContaining({ room: "r", body: "for r", from: ann.session.id }),
        );
      });
      await emitAck(bob.socket, "message", { body: "for all" });

      await eventually(() => expect(atCat).toContainEqual(expect.objectContaining({ body: "for all" })));
      expect(atCat?.filter(({ room }) => room === "r")).toEqual([]);
    });

    test("carries nothing more to somebody who has left the room", async () => {
      const [ann, bob] = await connectTrio();
      for (const { socket } of [ann, bob]) await emitAck(socket, "join", { room: "left" });
      await emitAck(bob.socket, "leave", { room: "left" });
      const atBob = listen(bob);

      await emitAck(ann.socket, "message", { room: "left", body: "too late" });
      await emitAck(ann.socket, "message", { body: "marker" });

      await eventually(() => expect(atBob).toHaveLength(1));
      expect(atBob[0]).toMatchObject({ body: "marker" });
    });

    test("keeps the order of a sender", async () => {
      const [ann, bob] = await connectTrio();
      const atBob = listen(bob);
      const bodies = Array.from({ length: 300 }, (_, index) => index);

      for (const body of bodies) ann.socket.emit("message", { body });

      await eventually(() => expect(atBob).toHaveLength(bodies.length));
      expect(atBob.map(({ body }) => body)).toEqual(bodies);
    });

    test.each([
      ["of all scripts and signs", { ключ: ["🐟", "\u2028", "\0", "é", { deep: null }] }],
      ["near the limit of size", "x".repeat(65_000)],
    ])("carries a body %s unharmed", async (_what, body) => {
      const [ann, bob] = await connectTrio();
      const heard = once(bob.socket, "message");

      await emitAck(ann.socket, "message", { body });

      expect(await heard).toEqual([{ from: ann.session.id, body, at: expect.any(String) }]);
    });

    test("goes on without a client that is gone", async () => {
      const [ann, bob, cat] = await connectTrio();
      bob.socket.disconnect();
      const heard = once(cat.socket, "message");

      await emitAck(ann.socket, "message", { body: "still here" });

      expect(await heard).toMatchObject([{ body: "still here" }]);
    });
  });
}

function listen({ socket }: Client): Message[] {
  const heard: Message[] = [];
  socket.on("message", (message: Message) => heard.push(message));
  return heard;
}

async function expectCrossing([ann, bob, cat]: Trio): Promise<void> {
  const heard = Promise.all([once(bob.socket, "message", 1000), once(cat.socket, "message", 1000)]);
  heard.catch(() => {});
  await emitAck(ann.socket, "message", { body: "are you there?" });
  await heard;
}
