import type { StoringResult } from "../load/storing.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { otherBuilds, type Peer, type Server, shoal } from "../servers/servers.js";
import type { RowContext, Verdict } from "./row.js";
import { fixed, median } from "./sums.js";

const LOAD = { publishers: 64, rooms: 16 };
/** Rates that nobody reaches: what remains is what it costs to count. */
const LIMITS = {
  RATE_IP_HANDSHAKES: "1000000,1000000",
  RATE_USER_EVENTS: "1000000,1000000",
  RATE_ROOM_PUBLISH: "1000000,1000000",
  MAX_CONNECTIONS_PER_USER: "1000",
};

interface Side {
  readonly name: string;
  readonly server: Server;
  readonly results: StoringResult[];
}

/** Publishing through servers: what limits cost, and another build if there is one. They take turns. */
export async function comparePublishing(context: RowContext): Promise<readonly Verdict[]> {
  const machines: Machine[] = [];

  /** With stores of its own: another build may say other things in them. */
  async function open(name: string, peer: Peer, env: Readonly<Record<string, string>> = {}): Promise<Side> {
    const machine = await startMachine(context.setup);
    machines.push(machine);
    return { name, server: await peer.start(machine, { env }), results: [] };
  }

  try {
    const sides = [await open("shoal", shoal), await open("with limits", shoal, LIMITS)];
    for (const peer of otherBuilds(context)) sides.push(await open(peer.name, peer));
    const [first] = machines;
    if (first === undefined) return [];
    const load = await first.load();
    const rounds = context.short ? 2 : 8;
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, server, results } of round % 2 === 0 ? sides : sides.toReversed()) {
        const time = { warmMs: round === 0 ? 2000 : 500, measureMs: context.short ? 1500 : 3000 };
        const result = await load.do("storing", { url: server.url, ...LOAD, ...time, pids: server.pids() });
        results.push(result);
        context.say(`publish through a server: ${name} ${fixed(cpuMicros(result), 1)} µs of CPU per message`);
      }
    }
    return verdictsOf(sides);
  } finally {
    for (const machine of machines) await machine.stop();
  }
}

const cpuMicros = ({ cpuSeconds, messages }: StoringResult): number => (1e6 * cpuSeconds) / messages;

/** Of rounds next to each other, the middle ratio. */
function verdictsOf([own, ...others]: readonly Side[]): Verdict[] {
  const each = (side: Side | undefined) => (side?.results ?? []).map(cpuMicros);
  const mine = each(own);
  return [
    { what: "through a server: µs of CPU per message", value: median(mine) },
    ...others.map((side) => {
      const theirs = each(side);
      const isOwn = side.name === "with limits";
      const ratios = mine.map((micros, round) =>
        isOwn ? (theirs[round] ?? Number.NaN) / micros : micros / (theirs[round] ?? Number.NaN),
      );
      return {
        what: isOwn
          ? "through a server: CPU per message with limits, of that without"
          : `through a server: CPU per message, of the ${side.name}`,
        value: median(ratios),
      };
    }),
  ];
}
