import type { Prng } from "../../chaos/prng.js";
import type { PollingSession, WebSocketSession } from "../case.js";
import { textFrame, webSocketHead } from "./frames.js";

/** An Engine.IO packet as it stands in a text frame, or the content of a binary one. */
export type EnginePacket = string | Buffer;

/** Carries Engine.IO packets by polling or by WebSocket. */
export function carried(
  prng: Prng,
  connect: string | undefined,
  packets: readonly EnginePacket[],
  acks: ReadonlyMap<number, string | undefined>,
): WebSocketSession | PollingSession {
  if (prng.chance(0.7)) {
    const writes = packets.map((packet) => textFrame(prng, packet));
    const isEager = prng.chance(0.1);
    return { via: "websocket", head: webSocketHead(prng), connect, writes, isEager, acks };
  }
  const bodies: string[] = [];
  for (const packet of packets) {
    const text = typeof packet === "string" ? packet : `b${packet.toString("base64")}`;
    if (bodies.length === 0 || prng.chance(0.3)) bodies.push(text);
    else bodies.push(`${bodies.pop()}\x1e${text}`);
  }
  return { via: "polling", connect, bodies, upgrade: [], acks };
}
