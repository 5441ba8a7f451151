import { openStream, readAgainAndAgain } from "../support/event-stream.js";
import { startTestStack, type TestStack } from "../support/nginx-stack.js";
import { publish, publishOnAndOn } from "../support/room-publisher.js";
import { eventually } from "../support/wait.js";

const READERS = 10;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ env: { DRAIN_WINDOW_MS: "2000" } });
});

const streamOf = (room: string) => `${stack.url}/rooms/${room}/stream?after=0`;

test("nginx passes each event of a stream on as it comes, compressed or not", async () => {
  const plain = await openStream(streamOf("prompt"), { "X-User-Id": "ann" });
  const compressing = { "X-User-Id": "ann", "Accept-Encoding": "gzip" };
  const asked = await openStream(streamOf("prompt"), compressing);

  // Each is published only after the one before has come: nothing that waits for more to send would ever pass this.
  for (const id of ["1", "2", "3"]) {
    await publish(stack.url, "prompt", id);
    for (const stream of [plain, asked]) {
      const events = await stream.has(Number(id));
      expect(events.map(({ data }) => data.id)).toEqual(["1", "2", "3"].slice(0, Number(id)));
    }
  }
  expect(asked.response.headers["content-encoding"]).toBeUndefined();
});

test("through a rolling restart behind nginx streams lose, repeat and reorder nothing", async () => {
  const readers = Array.from({ length: READERS }, (_, index) =>
    readAgainAndAgain(streamOf("kitchen"), { "X-User-Id": `reader-${index}` }),
  );
  const publisher = publishOnAndOn(stack.url, "kitchen");

  for (const instance of stack.instances) {
    await publisher.more(10);
    await expect(instance.restart()).resolves.toEqual({ code: 0, signal: null });
  }
  await publisher.more(10);
  const acknowledged = await publisher.stop();

  for (const reader of readers) {
    await eventually(() => expect(reader.events.map(({ data }) => data.id)).toEqual(acknowledged));
    // Both instances have ended, so that wherever it was, it had to come back.
    expect(reader.visits).toBeGreaterThan(1);
    reader.close();
  }
});
