import type { Prng } from "../../chaos/prng.js";
import type { Made } from "../case.js";
import type { Material } from "../material.js";
import { mutated } from "./bytes.js";
import { carried, type EnginePacket } from "./carriers.js";
import { connectPacket, oddConnect } from "./connect-packet.js";
import { oddJson } from "./json.js";

const NAMES = [
  ...[
    "connect",
    "disconnect",
    "disconnecting",
    "connect_error",
    "newListener",
    "removeListener",
    "error",
    "",
  ],
  ...[
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "then",
    "no such event",
    "session",
    "messages",
  ],
];
/** Ids of acknowledgements that cannot be sent back. */
const ODD_IDS = ["-1", "+1", "1 1", "1.5", "9007199254740992", "1".repeat(25), "1".repeat(400)];
const NAMESPACES = ["/,", "/admin,", "/__proto__,", "/?a=b,", "//,", `/${"n".repeat(200)},`, "/"];

/** Packets of Socket.IO: joining with every kind of payload, events, acknowledgements, binary parts, namespaces, odd JSON. */
export function socket(prng: Prng, material: Material): Made {
  const proof = material.proofs.token(prng);
  const connect = connectPacket(prng, proof, 0.25);
  const names = [
    ...NAMES,
    ...material.events.map(({ name }) => name),
    ...material.events.map(({ name }) => name),
  ];
  const packets: EnginePacket[] = [];
  for (let left = prng.int(1, 12); left > 0; left -= 1)
    packets.push(...packet(prng, names, proof.text ?? "x"));
  return { proof: proof.kind, inputs: packets.length, way: carried(prng, connect, packets, new Map()) };
}

function packet(prng: Prng, names: readonly string[], token: string): EnginePacket[] {
  const roll = prng.next();
  if (roll < 0.05) return [oddConnect(prng, token)];
  const namespace = prng.chance(0.04) ? prng.pick(NAMESPACES) : "";
  const id = prng.pick([
    "",
    "1",
    "2",
    "7",
    "0",
    "9007199254740991",
    prng.chance(0.1) ? prng.pick(ODD_IDS) : "3",
  ]);
  if (roll < 0.1)
    return [`4${prng.pick(["1", "3", "4", "6", "7", "9", "x", ""])}${namespace}${id}${oddJson(prng)}`];
  const name = JSON.stringify(prng.pick(names));
  const args = Array.from({ length: prng.pick([0, 1, 1, 1, 1, 2, 5]) }, () => oddJson(prng));
  if (roll < 0.25) return binaryEvent(prng, namespace, id, name, args);
  const list = prng.chance(0.05) ? oddJson(prng) : `[${[name, ...args].join(",")}]`;
  const text = `42${namespace}${id}${list}`;
  return [prng.chance(0.03) ? mutated(prng, Buffer.from(text)).toString("latin1") : text];
}

/** An event with binary parts: as many as it says most of the time. */
function binaryEvent(
  prng: Prng,
  namespace: string,
  id: string,
  name: string,
  args: readonly string[],
): EnginePacket[] {
  const count = prng.pick([0, 1, 1, 1, 2, 3]);
  const said = prng.chance(0.15) ? prng.pick(["0", "10", "1000000", "-1", "x", "1e3"]) : `${count}`;
  const num = prng.chance(0.1) ? prng.pick(["-1", "1", "99", '"0"', "0.5", "null"]) : "0";
  const holder = `{"room":"room-1","body":{"_placeholder":true,"num":${num}}}`;
  const parts = Array.from({ length: count }, () => Buffer.alloc(prng.pick([0, 1, 100, 30_000]), 7));
  return [`45${said}-${namespace}${id}[${[name, holder, ...args].join(",")}]`, ...parts];
}
