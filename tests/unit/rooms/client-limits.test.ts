import { createManualServer, type Request } from "./support/manual-server.js";

const idsOf = ({ payload }: Request) => (payload.messages as readonly { id: string }[]).map(({ id }) => id);
const session = (limits: object) => [
  "session",
  { id: "s", user: "ann", instance: "i", worker: 1, ...limits },
];

/** A client whose room has these bodies to publish, of so many bytes, when it connects again; the connection before has said this. */
async function waiting(sizes: readonly number[], said?: object, settings: { maxBytes?: number } = {}) {
  const server = createManualServer(settings);
  if (said) server.events.emit(...(session(said) as [string]));
  await server.connection(false);
  const room = server.client.room("r");
  const sent = sizes.map((size, n) => room.publish("x".repeat(size - 2), `m-${n}`));
  for (const one of sent) one.catch(() => {}); // looked at later
  return {
    ...server,
    room,
    sent,
    told: (limits: object) => server.events.emit(...(session(limits) as [string])),
  };
}

const batchSizes = ({ requests }: { requests: readonly Request[] }) =>
  requests.map((one) => idsOf(one).length);

test("a batch is no larger than the server says, and before it has said anything one that every server takes", async () => {
  const server = await waiting(Array(30).fill(1000));
  await server.connection(true);
  server.told({ maxBodyBytes: 8000, maxPublishMessages: 50 });
  for (const many of [3, 8, 8]) await server.last("publish").ok({ seqs: Array(many).fill(1) });

  expect(batchSizes(server)).toEqual([3, 8, 8, 8]);
});

test("a batch has no more messages than the server says", async () => {
  const server = await waiting(Array(9).fill(10), { maxBodyBytes: 8000, maxPublishMessages: 4 });
  await server.connection(true);
  await server.last("publish").ok({ seqs: [1, 2, 3, 4] });

  expect(batchSizes(server)).toEqual([4, 4]);
});

test("a server that says nothing gets batches of the configured size", async () => {
  const server = await waiting(Array(60).fill(1000), undefined, { maxBytes: 20_000 });
  await server.connection(true);
  server.told({});
  await server.last("publish").ok({ seqs: [1, 2, 3] });

  expect(batchSizes(server)).toEqual([3, 20]);
});

test("a body that the server takes is sent, alone where it is more than a batch", async () => {
  const server = await waiting([10], { maxBodyBytes: 100_000 });
  void server.room.publish("x".repeat(99_998), "large");
  await server.connection(true);
  server.told({ maxBodyBytes: 100_000 });
  await server.last("publish").ok({ seqs: [1] });

  expect(server.requests.map(idsOf)).toEqual([["m-0"], ["large"]]);
});

test("a body that the server does not take is refused without being sent, and those behind it go on", async () => {
  const server = await waiting([10, 9000, 10]);
  await server.connection(true);
  server.told({ maxBodyBytes: 8192 });
  await server.last("publish").ok({ seqs: [1] });

  await expect(server.sent[1]).rejects.toMatchObject({
    code: "too_large",
    message: "The body exceeds 8192 bytes",
  });
  await expect(server.room.publish("x".repeat(8191))).rejects.toMatchObject({ code: "too_large" });
  expect(server.requests.map(idsOf)).toEqual([["m-0"], ["m-2"]]);
});

test("a large body waits until the server has said what it takes, on each connection", async () => {
  const server = await waiting([10, 9000, 10]);
  await server.connection(true);
  await server.last("publish").ok({ seqs: [1] });
  expect(server.requests.map(idsOf)).toEqual([["m-0"]]);
  server.told({ maxBodyBytes: 20_000 });
  await server.connection(false);
  await server.last("publish").lose();
  await server.connection(true);
  await server.resume();
  expect(server.requests.map(idsOf)).toEqual([["m-0"], ["m-1", "m-2"]]);
  server.told({ maxBodyBytes: 500 });

  await expect(server.sent[1]).rejects.toMatchObject({ code: "too_large" });
  expect(server.requests.map(idsOf)).toEqual([["m-0"], ["m-1", "m-2"], ["m-2"]]);
});

test("a body above the client's own limit waits for the first word of the server, which may take it", async () => {
  const server = await waiting([70_000, 10]);
  await server.connection(true);
  expect(server.requests).toEqual([]);
  server.told({ maxBodyBytes: 1_000_000 });
  await server.last("publish").ok({ seqs: [1] });

  await expect(server.sent[0]).resolves.toMatchObject({ seq: 1 });
  expect(server.requests.map(idsOf)).toEqual([["m-0"], ["m-1"]]);
});

test("it is refused, and those behind it are not, by a server that says nothing of it", async () => {
  const server = await waiting([70_000, 10]);
  await server.connection(true);
  server.told({});

  await expect(server.sent[0]).rejects.toMatchObject({ code: "too_large" });
  expect(server.requests.map(idsOf)).toEqual([["m-1"]]);
});

test("a client that came after the server has said it sends a large body nevertheless", async () => {
  const server = createManualServer();
  void server.client.room("r").publish("x".repeat(9000), "large");

  expect(server.requests.map(idsOf)).toEqual([["large"]]);
});

test("a client that is closed listens to nothing any more", async () => {
  const server = createManualServer();
  server.client.room("r", { onMessage() {} });
  server.client.close();

  expect(server.events.eventNames()).toEqual([]);
});
