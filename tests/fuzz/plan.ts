import { createPrng, type Prng } from "../chaos/prng.js";
import type { FuzzCase, Kind, Made } from "./case.js";
import { engine } from "./generators/engine.js";
import { events } from "./generators/events.js";
import { frames } from "./generators/frames.js";
import { http } from "./generators/http.js";
import { routes } from "./generators/routes.js";
import { socket } from "./generators/socket.js";
import type { Material } from "./material.js";
import { SIDES, type SideName } from "./side.js";

type Generator = (prng: Prng, material: Material) => Made;

const GENERATORS: Readonly<Record<Kind, Generator>> = { http, frames, engine, socket, events, routes };

/** A case of frames or packets has several of them, one of HTTP one to three requests. */
const TURNS: readonly Kind[] = [
  ...(["http", "routes", "frames", "http", "routes", "engine"] as const),
  ...(["http", "routes", "socket", "events"] as const),
];

/** One that sends more than an address may; all others are spread. */
const GREEDY_ADDRESS = "127.9.9.9";

/** Which kind a case is of, and where it is sent; the sides take turns with each round of kinds. The same for every seed. */
export function placeOf(number: number): { readonly kind: Kind; readonly side: SideName } {
  const round = Math.floor(number / TURNS.length);
  return {
    kind: TURNS[number % TURNS.length] as Kind,
    side: SIDES[round % SIDES.length] as SideName,
  };
}

/** Case `number` of a seed: the same whenever it is asked for, but for times and signatures of tokens. */
export function createCase(seed: string, number: number, material: Material): FuzzCase {
  const { kind } = placeOf(number);
  const prng = createPrng(`${seed}/${number}`);
  const spread = `127.${prng.int(10, 250)}.${prng.int(0, 255)}.${prng.int(1, 254)}`;
  const from = prng.chance(0.05) ? GREEDY_ADDRESS : spread;
  return { number, kind, from, ...GENERATORS[kind](prng, material) };
}
