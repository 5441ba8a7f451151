import * as fc from "fast-check";
import type { Prng } from "../../chaos/prng.js";
import type { Made } from "../case.js";
import type { DeclaredEvent, Material } from "../material.js";
import { carried, type EnginePacket } from "./carriers.js";
import { connectPacket } from "./connect-packet.js";
import { usual } from "./usual.js";

/** Declared events with arguments that are valid but for one place at most; each is acknowledged as declared. */
export function events(prng: Prng, material: Material): Made {
  const proof = material.proofs.token(prng);
  const acks = new Map<number, string>();
  const packets: EnginePacket[] = Array.from({ length: prng.int(2, 10) }, (_, id) => {
    const event = prng.pick(material.events);
    acks.set(id, event.name);
    return `42${id}${JSON.stringify([event.name, ...argumentsOf(prng, event, proof.text)])}`;
  });
  const connect = connectPacket(prng, proof, 0);
  return { proof: proof.kind, inputs: packets.length, way: carried(prng, connect, packets, acks) };
}

function argumentsOf(
  prng: Prng,
  { valid, nearlyValid }: DeclaredEvent,
  token: string | undefined,
): unknown[] {
  const roll = prng.next();
  if (roll < 0.03) return [];
  const [payload] = fc.sample(roll < 0.5 ? valid : nearlyValid, { seed: prng.int(0, 2 ** 31), numRuns: 1 });
  const known = usual(prng, payload, token);
  return roll > 0.98 ? [known, "more"] : [known];
}
