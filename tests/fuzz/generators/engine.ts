import type { Prng } from "../../chaos/prng.js";
import type { Made } from "../case.js";
import type { Material } from "../material.js";
import { mutated } from "./bytes.js";
import { carried, type EnginePacket } from "./carriers.js";
import { connectPacket } from "./connect-packet.js";
import { frame, textFrame } from "./frames.js";

const RIGHT = ["3", "3", "2", '42["leave",{"room":"room-1"}]', '421["join",{"room":"room-1"}]', "6", "4"];
const ODD = [
  ...[
    "0",
    '0{"sid":"x"}',
    "1",
    "5",
    "6",
    "7",
    "8",
    "9",
    "x",
    "",
    " ",
    "é",
    "😀",
    "\u0000",
    "3probe",
    "2probe",
    "33",
  ],
  ...["b", "b!!!!", "bAAEC", "b====", `b${"A".repeat(5000)}`, "4b", "bb", "-1", "4\u2028", "40", "41", "49"],
  ...["\x1e", "\x1e\x1e\x1e", "3\x1e", "\x1e3", `3${"\x1e3".repeat(500)}`, `4${"x".repeat(70_000)}`],
  ...[`4${"y".repeat(210_000)}`, `${"3\x1e".repeat(3000)}3`, '0{"sid":"a","upgrades":[],"pingInterval":1}'],
];

function packet(prng: Prng): EnginePacket {
  const roll = prng.next();
  if (roll < 0.72) return prng.pick(RIGHT);
  if (roll < 0.9) return prng.pick(ODD);
  if (roll < 0.95) return Buffer.alloc(prng.pick([0, 1, 5, 300, 20_000]), prng.int(0, 255));
  return mutated(prng, Buffer.from(prng.pick(RIGHT))).toString("latin1");
}

/** Packets of Engine.IO of every type and none, several in a payload, binary ones, and upgrades from polling to WebSocket. */
export function engine(prng: Prng, material: Material): Made {
  const proof = material.proofs.token(prng);
  const packets = Array.from({ length: prng.int(1, 12) }, () => packet(prng));
  const connect = connectPacket(prng, proof);
  const way = carried(prng, connect, packets, new Map());
  if (way.via === "websocket" || prng.chance(0.5)) return { proof: proof.kind, inputs: packets.length, way };
  const upgrade = upgrading(prng);
  return { proof: proof.kind, inputs: packets.length + upgrade.length, way: { ...way, upgrade } };
}

/** The frames of a WebSocket that takes over a session, in an odd order now and then. */
function upgrading(prng: Prng): Buffer[] {
  const texts: EnginePacket[] = ["2probe", "5", '42["leave",{"room":"room-1"}]'];
  if (prng.chance(0.5)) texts.splice(prng.int(0, 3), prng.int(0, 1), packet(prng));
  if (prng.chance(0.1)) texts.reverse();
  const all = texts.map((text) => textFrame(prng, text));
  if (prng.chance(0.1)) all.push(frame(prng, { opcode: 8, payload: Buffer.alloc(0) }));
  return all;
}
