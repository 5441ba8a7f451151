import { setTimeout as pause } from "node:timers/promises";
import { residentBytes } from "../processes.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Peer, type PeerName, peersOf, plainWs } from "../servers/servers.js";
import type { Row, RowReport } from "./row.js";
import { fixed, median } from "./sums.js";

const SETTLE_MS = 5000;
/** The part of the connections that are there before the first look. */
const SHARE_BEFORE = 0.2;

/** Resident memory per idle WebSocket connection: the difference that four fifths of them make to a server with the rest. */
export const memory: Row = {
  name: "memory",
  async run(context) {
    const connections = context.short ? 2000 : 10_000;
    const machine = await startMachine(context.setup);
    try {
      const peers = peersOf(machine).filter((peer) => !context.short || peer !== plainWs);
      const found = new Map<PeerName, number[]>(peers.map(({ name }) => [name, []]));
      for (let round = 0; round < (context.short ? 1 : 2); round += 1) {
        for (const peer of peers) {
          const bytes = await measure(machine, peer, connections);
          found.get(peer.name)?.push(bytes);
          context.say(`memory: ${peer.name} ${fixed(bytes / 1024, 1)} KiB per connection`);
        }
      }
      return report(found, connections);
    } finally {
      await machine.stop();
    }
  },
};

/**
 * The first connections are no part of it: with them, code is compiled and V8's young generation grows to its full size, by
 * up to 15 MiB, of which a server that did more when it started has more behind it.
 */
async function measure(machine: Machine, peer: Peer, connections: number): Promise<number> {
  const server = await peer.start(machine);
  const load = await machine.load();
  const open = async (count: number): Promise<number> => {
    const { join: _none, ...idle } = peer.audience(server.url, count);
    await load.do("open", idle);
    await pause(SETTLE_MS);
    return residentBytes(server.pids());
  };
  try {
    await load.do("publisher", peer.publisher(machine, server.url));
    const first = connections * SHARE_BEFORE;
    const before = await open(first);
    return ((await open(connections - first)) - before) / (connections - first);
  } finally {
    await load.stop();
    await server.stop();
  }
}

function report(found: ReadonlyMap<PeerName, readonly number[]>, connections: number): RowReport {
  const middle = (name: PeerName) => median(found.get(name) ?? []) / 1024;
  return {
    name: "memory",
    title: `Memory per idle WebSocket connection, ${connections.toLocaleString("en-US")} connections`,
    columns: ["side", "KiB per connection", "each round"],
    lines: [...found].map(([name, all]) => [
      name,
      fixed(middle(name), 1),
      all.map((bytes) => fixed(bytes / 1024, 1)).join("  "),
    ]),
    verdicts: [
      {
        what: "RSS per connection, of stock",
        value: middle("shoal") / middle("stock"),
        // With few, what the heap has free before hides most of them.
        ...(connections < 10_000 ? {} : { most: 0.75 }),
      },
    ],
    charts: [
      {
        title: "Resident memory per connection",
        unit: "KiB",
        groups: [{ label: "", bars: [...found.keys()].map((side) => ({ side, value: middle(side) })) }],
      },
    ],
    notes: [
      `Difference of the resident memory with ${SHARE_BEFORE * 100} % and with all of them, ${SETTLE_MS / 1000} s after the last one.`,
    ],
  };
}
