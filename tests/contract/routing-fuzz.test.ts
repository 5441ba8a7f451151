import { createPrng, type Prng } from "../chaos/prng.js";
import { complaints } from "../cluster/support/complaints.js";
import { call } from "../cluster/support/http-call.js";
import { openPollingSession, type PollingSession } from "../cluster/support/polling-session.js";
import { openRaw, type RawConnection } from "../cluster/support/raw-connection.js";
import { connectionAt } from "../cluster/support/two-workers.js";
import { startMongo } from "../support/mongo.js";
import { spawnPeers } from "../support/spawn-peers.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, within } from "../support/wait.js";
import { oddRequests } from "./odd-requests.js";

// The same requests, many of them such that two readers might read them differently, on every way to the session that they name.

const SEED = "one answer";
const CASES = 60;
const AT_ONCE = 6;
/** The requests name sessions in as many characters on every way. */
const PATH_LENGTH = 120;

/** Where a session is, and a connection on which its requests are sent. */
interface Way {
  readonly name: string;
  readonly home: Shoal;
  connect(worker: number): Promise<RawConnection>;
}

let ways: Way[];

beforeAll(async () => {
  const mongo = await startMongo();
  // No heartbeat comes between the packets that a request is to get.
  const env = { ROUTING: "forward", PING_INTERVAL_MS: "3600000" };
  const [[home, peer], single] = (await Promise.all([
    spawnPeers(mongo.uriFor(), [
      { workers: 2, env },
      { workers: 2, env },
    ]),
    spawnShoal({ mongodbUri: mongo.uriFor(), env }),
  ])) as [[Shoal, Shoal], Shoal];
  ways = [
    { name: "its own worker", home, connect: (worker) => connectionAt(home, worker) },
    { name: "a sibling", home, connect: (worker) => connectionAt(home, 3 - worker) },
    { name: "a new connection", home, connect: () => openRaw(home.url) },
    { name: "another instance", home, connect: () => openRaw(peer.url) },
    { name: "one process", home: single, connect: () => openRaw(single.url) },
  ];
});

const ask = (event: number) => `42${event}["leave",{"room":"none"}]`;
const PROBE = "GET /hello HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n";
const ANSWER = /HTTP\/1\.1 [2-5]\d\d /g;
/** After these the connection is over, or is no HTTP any more. */
const LAST_ANSWER = /HTTP\/1\.1 (101|400|431) /;

/** What a client sees, whether the connection goes on, what was carried out, and whether the session is still there. */
async function outcome({ home, connect }: Way, prng: Prng): Promise<unknown> {
  const session = await openPollingSession(home.url);
  await session.send(ask(98)); // what a poll gets
  const connection = await connect(session.worker);
  const before = connection.received().length;
  const path = `${session.path}&t=${"x".repeat(PATH_LENGTH - session.path.length)}`;
  const odd = oddRequests(prng, path);
  for (const packet of packetsOf(odd.bytes, odd.cuts)) await connection.sendPacket(packet);

  const received = () => connection.received().slice(before);
  await eventually(() => {
    const isAnswered = (received().match(ANSWER)?.length ?? 0) >= odd.count || LAST_ANSWER.test(received());
    expect(isAnswered || connection.socket.closed).toBe(true);
  });
  connection.socket.write(PROBE);
  const text = (await within(connection.closed, 10_000, "the end of the connection")).slice(before);
  const after = odd.isBroken ? undefined : await carriedOut(session, home, text);
  return { answers: text.split(/(?=HTTP\/1\.1 \d\d\d )/).map(visible), after };
}

function packetsOf(bytes: string, cuts: readonly number[]): Buffer[] {
  const ends = [0, ...cuts.map((cut) => Math.floor(bytes.length * cut)), bytes.length];
  const packets = ends.slice(1).map((end, index) => Buffer.from(bytes.slice(ends[index], end), "latin1"));
  return packets.filter(({ length }) => length > 0);
}

/** The acknowledgements of the events that were asked for, if the session is still there. */
async function carriedOut({ path, poll }: PollingSession, { url }: Shoal, text: string): Promise<unknown> {
  let packets = text;
  if ((await call(url + path, { text: ask(99) })).status !== 200) return "the session has ended";
  while (!packets.includes("4399[")) packets += await poll().catch(() => "4399["); // it has ended with the answer
  return [...new Set(packets.match(/43\d+\[/g))].sort();
}

const OWN_TO_AN_ANSWER = /^(date|x-request-id|etag|keep-alive|connection|content-length|transfer-encoding):/i;

/** An answer without what differs from one to the next, and without its framing. */
function visible(answer: string): unknown {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const [status, ...lines] = head.split("\r\n");
  const isPoll = /content-type: text\/plain/i.test(head);
  return {
    status,
    headers: lines.filter((line) => !OWN_TO_AN_ANSWER.test(line)).sort(),
    body: isPoll ? "packets" : rest.join("\r\n\r\n"),
  };
}

test(`the answer does not depend on the way, for ${CASES} kinds of requests`, async () => {
  const source = createPrng(SEED);
  const cases = Array.from({ length: CASES }, (_, index) => index).values();
  async function work(): Promise<void> {
    for (const index of cases) {
      const seen = await Promise.all(
        ways.map(async (way) => [way.name, await outcome(way, source.fork(`${index}`))]),
      );
      const [[, own] = []] = seen;
      const { bytes } = oddRequests(source.fork(`${index}`), "PATH");
      for (const [name, other] of seen)
        expect({ bytes, name, seen: other }).toEqual({ bytes, name, seen: own });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(ways.flatMap(({ home }) => complaints(home.logs))).toEqual([]);
});
