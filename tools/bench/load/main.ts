// The load process: does what the benchmark tells it over IPC.
import { type Audience, bodyOf, openAudience } from "./audience.js";
import { measureCuts } from "./cuts.js";
import { type Flood, startFlood } from "./flood.js";
import { measureHandshakes } from "./handshakes.js";
import { measureHttp } from "./http-requests.js";
import type { Answer, Order, Orders } from "./load.js";
import { openPublisher, type Publisher } from "./publishers.js";
import { measure } from "./run.js";
import { measureStoring } from "./storing.js";
import { measureVictims } from "./victims.js";

const state: {
  audience?: Audience | undefined;
  publisher?: Publisher | undefined;
  flood?: Flood | undefined;
} = {};

const orders: Orders = {
  async open(spec) {
    state.audience = await openAudience(spec);
  },
  async publisher(spec) {
    state.publisher = await openPublisher(spec);
    // What the first subscribers of nchan are greeted with, and Redis' first message for everybody else.
    state.publisher.publish(bodyOf(0));
  },
  async measure(spec) {
    const { audience, publisher } = state;
    if (audience === undefined || publisher === undefined) throw new Error("nobody to measure");
    return measure(audience, publisher, spec);
  },
  async close() {
    await state.publisher?.close();
    await state.audience?.close();
    state.audience = undefined;
    state.publisher = undefined;
  },
  handshakes: measureHandshakes,
  http: measureHttp,
  storing: measureStoring,
  victims: measureVictims,
  cuts: measureCuts,
  async flood(spec) {
    state.flood = startFlood(spec);
  },
  async endFlood() {
    if (state.flood === undefined) throw new Error("nobody floods");
    return state.flood.stop();
  },
};

process.on("disconnect", () => process.exit());
process.on("message", ({ id, name, spec }: Order) => {
  const run = orders[name] as (spec: unknown) => Promise<unknown>;
  run(spec).then(
    (result) => answer({ id, result }),
    (error: unknown) => answer({ id, error: String(error) }),
  );
});

function answer(answer: Answer): void {
  process.send?.(answer);
}
