import type { Order, Report } from "../ipc.js";
import { type Crowd, startCrowd } from "./crowd.js";

/** How often the command hears how things stand. */
const SAMPLE_EVERY_MS = 200;

/** The program of a generator process: does what the command orders, and ends with it. */
function main(): void {
  let crowd: Crowd | undefined;
  const send = (report: Report) => void process.send?.(report);
  const sample = (): void => {
    if (crowd !== undefined) send({ type: "sample", sample: crowd.meter.sample() });
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);

  async function obey(order: Order): Promise<void> {
    if (order.type === "start") crowd = startCrowd(order.share);
    else if (crowd === undefined) return;
    else if (order.type === "load") crowd.load();
    else if (order.type === "hold") send({ type: "tally", tally: await crowd.hold(order.settleMs) });
    else if (order.type === "check") {
      send({ type: "findings", findings: await crowd.check(order.acked, order.settleMs) });
    } else {
      clearInterval(timer);
      await crowd.stop();
      sample();
      process.disconnect();
    }
  }

  process.on("message", (order: Order) => void obey(order));
  process.on("disconnect", () => process.exit());
  // A terminal's Ctrl-C reaches all its processes; this one's end is up to the command.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
}

main();
