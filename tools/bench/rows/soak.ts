import { residentBytes } from "../processes.js";
import { startMachine } from "../servers/machine.js";
import { type Peer, type PeerName, shoal } from "../servers/servers.js";
import { drive, openSide, type Side } from "./crowd.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed, thousands, total } from "./sums.js";

const MEMBERS = 500;
/** Part of a core that the server is to use. */
const LOAD = 0.6;
const FIRST_RATE = 200;
const STEP_MS = 10_000;
/** Per minute. Less is a heap that happens to be fuller at the end than at the beginning. */
const SLOPE_LIMIT_MIB = 1;

/** With a collection every few seconds. */
const collected: Peer = {
  ...shoal,
  start(machine, options) {
    const program = new URL("../servers/collect.js", import.meta.url);
    return shoal.start(machine, { ...options, env: { NODE_OPTIONS: `--import=${program}` } });
  },
};

interface Sample {
  readonly minutes: number;
  readonly mebibytes: number;
}

/** Ten minutes of fan-out at 60 % of a core: what is resident at the end must not be more than at the beginning. */
export const soak: Row = {
  name: "soak",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const side = await openSide(machine, collected, MEMBERS);
      const rate = await findRate(side);
      const samples: Sample[] = [];
      const steps = context.short ? 6 : 60;
      let lost = 0;
      let deliveries = 0;
      for (let step = 1; step <= steps; step += 1) {
        const result = await drive(side, { rate, warmMs: 0, measureMs: STEP_MS });
        lost += result.lost + result.gone;
        deliveries += result.allDeliveries;
        const mebibytes = residentBytes(side.server.pids()) / 1024 / 1024;
        samples.push({ minutes: (step * STEP_MS) / 60_000, mebibytes });
        const { load } = total([result]);
        context.say(
          `soak: ${fixed(mebibytes, 0)} MiB, ${fixed(100 * load, 0)} % of a core, ${step} of ${steps}`,
        );
      }
      return report(context, { samples, rate, lost, deliveries });
    } finally {
      await machine.stop();
    }
  },
};

/** Messages per second that make the load; the cost of a message falls with their rate, so it takes a few tries. */
async function findRate(side: Side & { readonly name: PeerName }): Promise<number> {
  let rate = FIRST_RATE;
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const { load } = total([await drive(side, { rate, warmMs: 500, measureMs: 2000 })]);
    rate = Math.max(1, Math.round(rate * Math.min(2, LOAD / load)));
  }
  return rate;
}

/** Least squares over the last three quarters: at the beginning the heap still grows to its working size. */
function slope(samples: readonly Sample[]): number {
  const settled = samples.slice(Math.floor(samples.length / 4));
  const mean = (pick: (sample: Sample) => number) =>
    settled.reduce((sum, sample) => sum + pick(sample), 0) / settled.length;
  const [meanX, meanY] = [mean(({ minutes }) => minutes), mean(({ mebibytes }) => mebibytes)];
  const covariance = mean(({ minutes, mebibytes }) => (minutes - meanX) * (mebibytes - meanY));
  return covariance / mean(({ minutes }) => (minutes - meanX) ** 2);
}

function report(
  { short }: RowContext,
  found: { samples: readonly Sample[]; rate: number; lost: number; deliveries: number },
): RowReport {
  const { samples, rate, lost, deliveries } = found;
  const [first, last] = [samples[0], samples.at(-1)];
  return {
    name: "soak",
    title: `Soak: ${fixed(last?.minutes ?? 0, 0)} minutes of ${rate} messages/s to ${MEMBERS} clients`,
    columns: ["deliveries", "lost", "RSS at first MiB", "at last MiB", "growth MiB/min"],
    lines: [
      [
        thousands(deliveries),
        String(lost),
        fixed(first?.mebibytes ?? 0, 0),
        fixed(last?.mebibytes ?? 0, 0),
        fixed(slope(samples), 2),
      ],
    ],
    verdicts: [
      // A minute is too short to tell growth from a heap that finds its size.
      {
        what: "RSS growth, MiB per minute",
        value: slope(samples),
        ...(short ? {} : { most: SLOPE_LIMIT_MIB }),
      },
      { what: "messages lost or clients gone", value: lost, most: 0 },
    ],
    charts: [
      {
        title: "Resident memory",
        unit: "MiB",
        groups: samples
          .filter((_, index) => index % Math.ceil(samples.length / 10) === 0)
          .map(({ minutes, mebibytes }) => ({
            label: `${fixed(minutes, 0)} min`,
            bars: [{ side: "shoal", value: mebibytes }],
          })),
      },
    ],
    notes: [
      `Growth by least squares over the last three quarters, with a collection every 5 s; ${SLOPE_LIMIT_MIB} MiB per minute is noise.`,
    ],
  };
}
