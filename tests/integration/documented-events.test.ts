import * as fc from "fast-check";
import type { Socket } from "socket.io-client";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import { type Judge, judgeOfAsyncapi } from "../support/api-documents.js";
import { nearlyValid, valid } from "../support/arbitrary-input.js";
import { connectClient } from "../support/connect-client.js";
import { resolved, type SchemaDocument } from "../support/json-schema.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

/** One event of the document. */
interface Operation {
  readonly action: "receive" | "send";
  readonly title: string;
  readonly messages: readonly JsonSchema[];
  readonly reply?: { readonly messages: readonly JsonSchema[] };
}

interface Refusable {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}

const SEED = 20_261_128;
const RUNS = 120;
const MESSAGE_LIMIT_BYTES = 500;
/** What is too large for a message, and what Socket.IO carries and JSON does not. */
const ODD = ["x".repeat(MESSAGE_LIMIT_BYTES), Buffer.from("x"), { a: Buffer.from("x") }];

let worker: RunningWorker;
let document: SchemaDocument;
let operations: readonly Operation[];
let judge: Judge;
/** What clients received that the document does not have. */
const surprises: string[] = [];
const received = new Set<string>();

beforeAll(async () => {
  const env = {
    MESSAGE_LIMIT_BYTES: String(MESSAGE_LIMIT_BYTES),
    MAX_ROOMS_PER_SOCKET: "12",
    ROOM_PUBLISH_MESSAGES: "3",
  };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  document = (await (await fetch(`${worker.url}/asyncapi.json`)).json()) as SchemaDocument;
  operations = Object.values(document.operations as Record<string, Operation>);
  judge = judgeOfAsyncapi(document);
});

function payloadOf(messages: readonly JsonSchema[]): JsonSchema {
  const [message] = messages.map((one) => resolved(one, document));
  return (message as unknown as { payload: JsonSchema }).payload;
}

/** A client that holds everything it receives against the document. */
async function watchfulClient(user: string): Promise<Socket> {
  const { socket, session } = await connectClient(worker.url, { auth: { user } });
  hold("session", session);
  socket.onAny(hold);
  return socket;
}

function hold(name: string, ...payload: unknown[]): void {
  received.add(name);
  const sent = operations.find(({ action, title }) => action === "send" && title === name);
  const problem = sent === undefined ? "unknown event" : judge(payloadOf(sent.messages), payload[0]);
  if (problem !== undefined) surprises.push(`${name} ${problem}: ${JSON.stringify(payload)}`);
  if (payload.length !== 1) surprises.push(`${name} of ${payload.length} arguments`);
}

function argumentsOf(schema: JsonSchema): fc.Arbitrary<unknown[]> {
  const payload = fc.oneof(valid(schema, document), nearlyValid(schema, document, ODD));
  return fc.oneof(
    { weight: 20, arbitrary: payload.map((value) => [value]) },
    { weight: 1, arbitrary: fc.constant<unknown[]>([]) },
    { weight: 1, arbitrary: payload.map((value) => [value, "more"]) },
  );
}

test("whatever is sent, its acknowledgement and all that clients receive are ones that the document has", async () => {
  const sender = await watchfulClient("ann");
  const other = await watchfulClient("bob");
  await other.emitWithAck("join", { room: "kitchen" });
  await other.emitWithAck("subscribe", { room: "kitchen" });
  await other.emitWithAck("presence", { room: "kitchen", watch: true });
  // So that each event that clients receive has come once, whatever the rest brings.
  await sender.emitWithAck("message", { body: 1 });
  await sender.emitWithAck("publish", { room: "kitchen", messages: [{ id: "m-1", body: 1 }] });
  await sender.emitWithAck("subscribe", { room: "kitchen" });
  const all = ["message", "messages", "presence", "session"];
  await eventually(() => expect([...received]).toEqual(expect.arrayContaining(all)));
  const asked = operations.filter(({ action }) => action === "receive");
  expect(asked.length).toBeGreaterThan(5);
  const codes = new Map(asked.map(({ title }) => [title, new Set<string>()]));

  const step = fc
    .constantFrom(...asked)
    .chain((operation) => fc.tuple(fc.constant(operation.title), argumentsOf(payloadOf(operation.messages))));
  const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
    const answers = await Promise.all(
      steps.map(([title, args]) => sender.emitWithAck(title, ...args) as Promise<Refusable>),
    );
    for (const [index, answer] of answers.entries()) {
      const [title = ""] = steps[index] ?? [];
      const reply = asked.find((operation) => operation.title === title)?.reply;
      codes.get(title)?.add(answer.error?.code ?? "ok");
      const problem = judge(payloadOf(reply?.messages ?? []), answer);
      expect([title, problem, answer]).toEqual([title, undefined, answer]);
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS });

  // What is only ever refused would not have been tried; some may refuse all that is made up.
  const accepted = [...codes.values()].filter((seen) => seen.has("ok"));
  expect(accepted.length).toBeGreaterThan(codes.size / 2);
  expect([...new Set([...codes.values()].flatMap((seen) => [...seen]))]).toEqual(
    expect.arrayContaining(["not_in_room", "too_many_rooms", "too_large"]),
  );
  expect(surprises).toEqual([]);
  expect([sender.connected, other.connected]).toEqual([true, true]);
});

test("and nothing went wrong on our side", async () => {
  expect(worker.logs.filter(({ fields }) => ["error", "fatal"].includes(String(fields?.level)))).toEqual([]);
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
});
