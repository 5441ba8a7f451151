import type { Load } from "../load/load.js";
import type { RunResult, RunSpec } from "../load/run.js";
import type { Machine } from "../servers/machine.js";
import type { Peer, PeerName, Server } from "../servers/servers.js";

/** One side of a row: a server with its clients and who publishes to them. */
export interface Side {
  readonly name: string;
  readonly server: Server;
  readonly load: Load;
}

/** Messages under way at a time; beyond, a server is saturated and gets no more. */
const UNDER_WAY = 500;

/** A peer with clients in its room, and messages that come from outside the process. */
export async function openSide(
  machine: Machine,
  peer: Peer,
  connections: number,
): Promise<Side & { readonly name: PeerName }> {
  const server = await peer.start(machine);
  const load = await machine.load();
  await load.do("publisher", peer.publisher(machine, server.url));
  await load.do("open", peer.audience(server.url, connections));
  return { name: peer.name, server, load };
}

/** Messages at this rate (0: as many as arrive) for a while. */
export function drive(
  { server, load }: Pick<Side, "server" | "load">,
  pace: Pick<RunSpec, "rate" | "warmMs" | "measureMs">,
): Promise<RunResult> {
  return load.do("measure", { ...pace, limit: UNDER_WAY, pids: server.pids() });
}
