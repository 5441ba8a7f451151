import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { onEnd } from "../support/cleanup.js";
import { startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { keySetOf, signingKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";
import { createVisitor, type Visitor } from "./visitor.js";

/** How much of it. */
export interface RenewalOptions {
  readonly clients: number;
  /** Life of each token, in seconds. */
  readonly tokenS: number;
  /** How long clients talk, in seconds. */
  readonly seconds: number;
  readonly workers: number;
}

/** What came of it. */
export interface RenewalResult {
  readonly clients: number;
  readonly renewals: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly violations: readonly string[];
}

const ROOM_MEMBERS = 20;
/** Each client publishes once in this time, in milliseconds. */
const PUBLISH_EVERY_MS = 5000;
/** So many come at a time. */
const CROWD = 25;

/** Clients that renew their tokens while they publish and read; the key server is away from when all are there. */
export async function runRenewal({
  clients,
  tokenS,
  seconds,
  workers,
}: RenewalOptions): Promise<RenewalResult> {
  const key = await signingKey("renewal", "ES256");
  const keyServer = createServer(async (_request, response) =>
    response.end(JSON.stringify(await keySetOf(key))),
  );
  await new Promise<void>((listening) => keyServer.listen(0, "127.0.0.1", listening));
  onEnd(() => void keyServer.close());
  const { port } = keyServer.address() as AddressInfo;
  const shoal = await spawnShoal({
    workers,
    mongodbUri: (await startMongo()).uriFor(),
    env: {
      AUTH: "jwt",
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/`,
      AUTH_ISSUER: "*",
      AUTH_AUDIENCE: "*",
    },
  });
  const visitors: Visitor[] = [];
  for (let index = 0; index < clients; index += 1) {
    const sign = (): Promise<string> => {
      const nowS = Math.floor(Date.now() / 1000);
      return signToken(key, { sub: `user-${index}`, exp: nowS + tokenS });
    };
    visitors.push(createVisitor(shoal.url, `room-${Math.floor(index / ROOM_MEMBERS)}`, sign));
    if (visitors.length % CROWD === 0) await allConnected(visitors);
  }
  await allConnected(visitors);
  keyServer.closeAllConnections();
  await new Promise((closed) => keyServer.close(closed));

  await Promise.all(visitors.map((visitor, index) => talk(visitor, index, seconds * 1000)));
  const missing = await everybodyHasEverything(visitors);
  return {
    clients,
    renewals: sum(visitors, (one) => one.renewals()),
    acknowledged: sum(visitors, (one) => one.acknowledged.length),
    received: sum(visitors, (one) => one.got.length),
    violations: [...missing, ...violationsOf(visitors)],
  };
}

function allConnected(visitors: readonly Visitor[]): Promise<void> {
  return eventually(() => expect(visitors.filter((one) => !one.isConnected())).toEqual([]), {
    withinMs: 60_000,
  });
}

async function talk(visitor: Visitor, index: number, durationMs: number): Promise<void> {
  const endMs = performance.now() + durationMs;
  await pause(Math.random() * Math.min(PUBLISH_EVERY_MS, durationMs / 2));
  for (let count = 0; performance.now() < endMs; count += 1) {
    await Promise.all([visitor.publish(`${index}-${count}`), pause(PUBLISH_EVERY_MS)]);
  }
}

/** Of each room all that was acknowledged. */
async function everybodyHasEverything(visitors: readonly Visitor[]): Promise<string[]> {
  const wanted = new Map<string, number>();
  for (const { room, acknowledged } of visitors)
    wanted.set(room, (wanted.get(room) ?? 0) + acknowledged.length);
  const late = () => visitors.filter(({ room, got }) => got.length < (wanted.get(room) ?? 0));
  return eventually(() => expect(late()).toEqual([]), { withinMs: 30_000 }).then(
    () => [],
    () => [`${late().length} clients miss messages that were acknowledged`],
  );
}

function violationsOf(visitors: readonly Visitor[]): string[] {
  const found: string[] = [];
  for (const room of new Set(visitors.map((one) => one.room))) {
    const members = visitors.filter((one) => one.room === room);
    const first = members[0]?.got ?? [];
    if (new Set(first).size < first.length) found.push(`${room}: messages came twice`);
    const lost = members.flatMap((one) => one.acknowledged).filter((id) => !first.includes(id));
    if (lost.length > 0) found.push(`${room}: ${lost.length} acknowledged messages are lost`);
    const others = members.filter(({ got }) => got.join() !== first.join());
    if (others.length > 0) found.push(`${room}: ${others.length} clients have another order`);
  }
  const incidents = visitors.flatMap((one) => one.incidents);
  for (const kind of new Set(incidents))
    found.push(`${kind}, ${incidents.filter((one) => one === kind).length} times`);
  return found;
}

function sum(visitors: readonly Visitor[], of: (visitor: Visitor) => number): number {
  return visitors.reduce((all, one) => all + of(one), 0);
}
