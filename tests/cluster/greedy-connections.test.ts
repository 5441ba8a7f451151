import { type MongoServer, startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";
import { get } from "./support/two-workers.js";

// What one connection asks for without waiting for answers is bounded: all of it would be read, and kept until it is its turn.

const MODES = [
  ["one process", 1, {}],
  ["LISTEN=primary", 2, {}],
  ["ROUTING=sticky", 2, { ROUTING: "sticky" }],
] as const;
/** More than a connection may have open, and less than a packet holds. */
const TOO_MANY = 1000;
const FEW = 30;

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

describe.each(MODES)("with %s", (_mode, workers, env) => {
  test("a connection that asks on and on is cut off, and nobody else", async () => {
    const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor(), env });

    for (const target of ["", "/socket.io/?", "/hello", "/health"]) {
      const { path } = await openPollingSession(shoal.url);
      const connection = await openRaw(shoal.url);
      connection.socket.write(get(path) + get(target || path).repeat(TOO_MANY));
      const text = await connection.closed;
      expect(text.match(/HTTP\/1.1 200 /g)?.length ?? 0).toBeLessThan(TOO_MANY);
    }

    expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 });
    expect(complaints(shoal.logs)).toEqual([]);
  });
});

test("a connection that asks for a few things at once is answered, in order", async () => {
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
  const connection = await openRaw(shoal.url);
  const numbers = Array.from({ length: FEW }, (_, index) => index);

  connection.socket.write(numbers.map(greet).join(""));

  await eventually(() => expect(namesIn(connection.received())).toHaveLength(FEW));
  expect(namesIn(connection.received())).toEqual(numbers);
});

function greet(number: number): string {
  const body = `{"name":"n${number}."}`;
  return `POST /hello HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function namesIn(text: string): number[] {
  return [...text.matchAll(/Hello, n(\d+)\./g)].map(([, number]) => Number(number));
}
