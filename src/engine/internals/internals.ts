import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { MEASURES, type Measure } from "./measures.js";
import { PROBES, type Samples } from "./probes.js";
import { createSpecimen, versionOf } from "./specimen.js";

/** Says which measures may be taken; known once it has started, before all that takes one. */
export interface Internals extends Component {
  allows(measure: Measure): boolean;
}

/**
 * Looks, at the start, whether the undocumented parts that measures need are as expected. What is not is told in one line, and those
 * measures are not taken; neither are those in `off`, which are not looked at.
 */
export function createInternals(
  off: readonly Measure[],
  log: Logger,
  takeSamples: () => Promise<Samples> = samplesOfLibraries,
): Internals {
  const allowed = new Set<Measure>();
  return {
    name: "internals",
    async start() {
      const wanted = (Object.keys(PROBES) as Measure[]).filter((measure) => !off.includes(measure));
      if (wanted.length === 0) return;
      const samples = await takeSamples();
      for (const measure of wanted) if (holds(measure, samples)) allowed.add(measure);
      samples.specimen?.close();
      const missing = wanted.filter((measure) => !allowed.has(measure));
      if (missing.length === 0) return;
      const known = missing.map((measure) => `${measure}: ${MEASURES[measure].libraries}`);
      log.warn({ off: missing, known }, "libraries differ from what these measures know: they are off");
    },
    async stop() {},
    allows: (measure) => allowed.has(measure),
  };
}

function holds(measure: Measure, samples: Samples): boolean {
  try {
    return PROBES[measure](samples);
  } catch {
    return false;
  }
}

/** Of the libraries that are installed. */
export async function samplesOfLibraries(): Promise<Samples> {
  return {
    specimen: await createSpecimen().catch(() => undefined),
    mongodb: versionOf("mongodb", "mongoose"),
    ioredis: versionOf("ioredis"),
    sticky: versionOf("@socket.io/sticky"),
  };
}
