import { setTimeout as sleep } from "node:timers/promises";
import type { Position } from "../../client/room-client.js";
import { type ChaosClient, createChaosClient, type Reader, type ReadFrom } from "./chaos-client.js";
import type { Prng } from "./prng.js";
import type { World } from "./world.js";

/** Visitors at a time. */
export const VISITORS = 8;
/** How far back a visitor reads at most; long runs have long logs. */
const FAR_BACK = 2000;

export interface Visitors {
  /** Of the visitors that are there and read; one that hangs is left out. */
  readers(): Reader[];
  stop(): void;
}

/** Readers that come late, leave, come back to where they were, and hang for a while. */
export function startVisitors(
  world: Pick<World, "urls" | "ledger" | "issuer">,
  rng: Prng,
  rooms: readonly string[],
): Visitors {
  const here: { readonly client: ChaosClient; readonly reader: Reader; hangs: boolean }[] = [];
  const left: { readonly room: string; readonly position: Position }[] = [];
  let stopped = false;
  let count = 0;

  function startOf(room: string): ReadFrom {
    if (rng.chance(0.3)) return { limit: rng.int(1, 100) };
    return { after: Math.max(0, world.ledger.head(room) - rng.int(1, FAR_BACK)) };
  }

  function come(): void {
    const returning = rng.chance(0.5) ? left.shift() : undefined;
    const room = returning?.room ?? rng.pick(rooms);
    const user = `visitor-${++count}`;
    const { ledger, urls, issuer } = world;
    const client = createChaosClient({ user, urls, rng: rng.fork(user), ledger, issuer });
    const from = returning === undefined ? startOf(room) : { position: returning.position };
    here.push({ client, reader: client.read(room, from), hangs: false });
  }

  function leave(): void {
    const visitor = here.shift();
    const position = visitor?.reader.position();
    if (visitor !== undefined && position !== undefined) left.push({ room: visitor.reader.room, position });
    visitor?.client.close();
  }

  async function hang(): Promise<void> {
    const visitor = rng.pick(here);
    visitor.hangs = true;
    visitor.client.hang();
    await sleep(rng.int(1000, 6000));
    visitor.client.wake();
    visitor.hangs = false;
  }

  async function live(): Promise<void> {
    while (!stopped) {
      if (here.length >= VISITORS) leave();
      come();
      if (rng.chance(0.3)) void hang();
      await sleep(rng.int(500, 2500));
    }
  }

  void live();
  return {
    readers: () => here.filter(({ hangs }) => !hangs).map(({ reader }) => reader),
    stop() {
      stopped = true;
    },
  };
}
