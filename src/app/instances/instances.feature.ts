import { z } from "zod";
import { operator } from "../../contract/access.js";
import { feature } from "../../contract/feature.js";
import { HAPPENINGS, type HandshakeRefusal, KEPT } from "../../contract/instances.js";
import { route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";

/** More workers than this are not listed. */
const MOST_WORKERS = 1000;

const instance = z.string().max(64);
const worker = z.int().min(1);
const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const load = {
  connections: z.int().min(0),
  eventsIn: amount.describe("Per second, as all rates"),
  eventsOut: amount,
  publishes: amount.describe("Batches that were committed"),
  refusals: amount.describe("Handshakes, requests, events and messages"),
  lagMs: amount.describe("Mean delay of the event loop over a second; of several workers the longest"),
};
const memoryBytes = z.int().min(0);
const store = z.enum(["up", "down", "refused", "off", "unknown"]);

const workerView = z
  .strictObject({
    worker,
    pid: z.int(),
    state: z.enum(["starting", "ready", "leaving"]),
    since: z.iso.datetime().describe("When it came into this state"),
    restarts: z.int().min(0).describe("How often the worker of this slot was replaced"),
    isSilent: z
      .boolean()
      .describe("Whether it has not answered for 2.5 s, or did not when the workers were last measured"),
    load: z
      .strictObject({ ...load, memoryBytes })
      .optional()
      .describe("Absent until it was measured"),
  })
  .meta({ id: "WorkerView", description: "A worker of this instance, as its primary sees it" });

const happening = z
  .strictObject({
    at: z.iso.datetime(),
    what: z.enum(HAPPENINGS),
    worker: worker.optional().describe("Without it, the whole instance"),
    detail: z.string().max(KEPT.detailCharacters).optional(),
  })
  .meta({ id: "Happening" });

const some = z.int().min(1).optional();

const sample = z
  .strictObject({
    at: z.int().describe("In milliseconds since 1970"),
    workers: z.int().min(0).describe("Those that answered"),
    ...load,
    refusedHandshakes: z
      .strictObject({
        draining: some,
        full: some,
        rate: some,
        address: some,
        overload: some,
        refused: some,
      } satisfies Record<HandshakeRefusal, z.ZodType>)
      .optional()
      .describe("How many since the sample before, by why; absent when there were none"),
  })
  .meta({ id: "Sample" });

const workerReport = z
  .strictObject({
    ...{ instance, worker },
    since: z.iso.datetime().describe("When its process was started"),
    ...{ connections: load.connections, lagMs: load.lagMs, memoryBytes },
  })
  .meta({ id: "WorkerReport", description: "A worker of any instance, by its own word" });

/** What operators look at first: this instance with its last hour, and who else there is. */
export const instances = feature("instances", {
  create: ({ instances: watch }) => ({
    routes: [
      route(
        "GET",
        "/instance",
        {
          summary: `This instance: its workers, what happened to them, its stores, and samples of the last hour, one every ${KEPT.everyMs / 1000} s.`,
          access: operator,
          query: z.strictObject({
            after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
              .default(0)
              .describe("Only samples taken after this time, in milliseconds since 1970"),
          }),
          reply: z.strictObject({
            instance,
            since: z.iso.datetime().describe("When it was started"),
            workers: z.array(workerView).max(MOST_WORKERS).readonly(),
            stores: z.strictObject({ mongo: store, redis: store }).describe("The worst that a worker says"),
            happenings: z.array(happening).max(KEPT.happenings).readonly().describe("Newest first"),
            samples: z.array(sample).max(KEPT.samples).readonly().describe("Oldest first"),
          }),
          errors: ["temporary"],
          fresh: true,
        },
        ({ query: { after } }) => watch.here(after),
      ),
      route(
        "GET",
        "/instances",
        {
          summary: "The workers of all instances that answer within 2 s, and how many more there should be.",
          access: operator,
          reply: z.strictObject({
            workers: z.array(workerReport).max(MOST_WORKERS),
            missing: z.int().min(0),
          }),
          errors: ["temporary"],
          fresh: true,
        },
        async () => {
          const { workers, missing } = await watch.everywhere();
          return { workers: workers.slice(0, MOST_WORKERS), missing };
        },
      ),
    ],
  }),
});
