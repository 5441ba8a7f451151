import { setTimeout as sleep } from "node:timers/promises";
import { onEnd } from "../support/cleanup.js";
import { startStopwatch } from "../support/machine-time.js";
import { eventually, within } from "../support/wait.js";
import { type ChaosClient, createChaosClient, type Reader } from "./chaos-client.js";
import type { Prng } from "./prng.js";
import { startVisitors } from "./visitors.js";
import type { World } from "./world.js";

export interface LoadOptions {
  /** Clients that stay; up to `VISITORS` more come and go. */
  readonly clients: number;
  readonly rooms: number;
  /** Messages per second of all clients together. */
  readonly rate: number;
}

/** Clients of every kind that publish and read for as long as the run lasts. */
export interface Load {
  readonly rooms: readonly string[];
  /** Clients that stay, for faults that pick some. */
  readonly clients: readonly ChaosClient[];
  pause(): void;
  resume(): void;
  /**
   * Waits until all that is published so far is acknowledged and every reader of this moment has reached it; the time that took, in ms.
   * Visitors who come later are not waited for: on a slow machine there is always one who has just come.
   * @throws after `withinMs` and what the backlog takes to be read, with who is behind.
   */
  converge(withinMs: number): Promise<number>;
  stop(): void;
}

/** A sender that gets no acknowledgements stops for a while instead of filling its outbox. */
const MAX_UNCONFIRMED = 300;
const POLL_MS = 20;
/** For each message that a reader has yet to get: who was away in a long run, as on a slow machine, comes back to ten thousands. */
const CATCH_UP_MS = 2;

/** What clients need of a world. */
export type Clientele = Pick<World, "urls" | "ledger" | "issuer">;

/** Starts at once. Ends by itself. */
export function startLoad(world: Clientele, rng: Prng, options: LoadOptions): Load {
  const rooms = Array.from({ length: options.rooms }, (_, index) => `room-${index + 1}`);
  const { ledger, issuer } = world;
  const readers: Reader[] = [];
  const pending = new Set<Promise<unknown>>();
  const senders: ChaosClient[] = [];
  const clients = Array.from({ length: options.clients }, (_, index) => join(index));
  const visitors = startVisitors(world, rng.fork("visitors"), rooms);
  const stopping = new AbortController();
  let paused = false;

  /** Of four clients one only reads and one only publishes. */
  function join(index: number): ChaosClient {
    const user = `client-${index + 1}`;
    const client = createChaosClient({ user, urls: world.urls, rng: rng.fork(user), ledger, issuer });
    const mine = new Set([rooms[index % rooms.length] ?? "", rng.pick(rooms)]);
    for (const room of mine) {
      if (index % 4 === 3) client.openForWriting(room);
      else readers.push(client.read(room));
    }
    if (index % 4 !== 2) {
      senders.push(client);
      void speak(client, [...mine], rng.fork(`${user} speaks`));
    }
    return client;
  }

  async function speak(client: ChaosClient, mine: readonly string[], chance: Prng): Promise<void> {
    await sleep(0); // until all is set up
    const meanMs = (1000 * senders.length) / options.rate;
    while (!stopping.signal.aborted) {
      await sleep(2 * meanMs * chance.next());
      if (paused || stopping.signal.aborted || client.unconfirmed >= MAX_UNCONFIRMED) continue;
      const size = chance.chance(0.02) ? chance.int(1000, 8000) : chance.int(0, 200);
      track(client.publish(chance.pick(mine), size), client.user);
    }
  }

  function track(publication: Promise<unknown>, user: string): void {
    const settled = publication
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) ledger.complain("lost", `a message of ${user} was refused: ${error}`);
      })
      .finally(() => pending.delete(settled));
    pending.add(settled);
  }

  async function converge(withinMs: number): Promise<number> {
    const start = performance.now();
    const passedMs = startStopwatch();
    const soFar = [...pending];
    await within(Promise.all(soFar), withinMs, `acknowledgements (${soFar.length})`);
    const heads = new Map(rooms.map((room) => [room, ledger.head(room)]));
    const missing = (reader: Reader) => (heads.get(reader.room) ?? 0) - (reader.position()?.last ?? 0);
    const early = new Set(visitors.readers());
    const everyone = () => [...readers, ...visitors.readers().filter((reader) => early.has(reader))];
    const backlog = everyone().reduce((sum, reader) => sum + Math.max(0, missing(reader)), 0);
    await eventually(
      () => {
        const behind = everyone().filter((reader) => missing(reader) > 0);
        if (behind.length === 0) return;
        const list = behind.map(({ room, stream, position, link }) => {
          return `${stream.reader} at ${position()?.last} of ${heads.get(room)} in ${room}, ${link()}`;
        });
        throw new Error(`behind: ${list.slice(0, 5).join("; ")} (${list.length} in all)`);
      },
      { withinMs: Math.max(1, withinMs + backlog * CATCH_UP_MS - passedMs()), everyMs: POLL_MS },
    );
    return performance.now() - start;
  }

  function stop(): void {
    stopping.abort();
    visitors.stop();
  }

  onEnd(stop);
  return {
    rooms,
    clients,
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    converge,
    stop,
  };
}
