import type { Agent } from "node:http";
import { call } from "./http-call.js";

/** An Engine.IO session over long polling, request by request, as the protocol has it (socket.io-protocol v5, engine.io-protocol v4). */
export interface PollingSession {
  /** The path and query of its requests. */
  readonly path: string;
  readonly worker: number;
  /** POSTs one packet. @throws when it is refused. */
  send(packet: string): Promise<void>;
  /** The packets that wait, or the next one; what means nothing (`noop`) is asked past. @throws when it is refused. */
  poll(): Promise<string[]>;
}

/** Opens a session and connects it to the main namespace. */
export async function openPollingSession(url: string, agent?: Agent): Promise<PollingSession> {
  const entrance = "/socket.io/?EIO=4&transport=polling";
  const options = agent === undefined ? {} : { agent };

  async function exchange(path: string, text?: string): Promise<string> {
    const { status, body } = await call(url + path, text === undefined ? options : { ...options, text });
    if (status !== 200) throw new Error(`${status} ${body}`);
    return body;
  }

  const handshake = await exchange(entrance);
  const { sid } = JSON.parse(handshake.slice(1)) as { sid: string };
  const path = `${entrance}&sid=${sid}`;
  const send = async (packet: string) => void (await exchange(path, packet));
  const poll = async () => {
    for (;;) {
      const packets = (await exchange(path)).split("\x1e").filter((packet) => packet !== "6");
      if (packets.length > 0) return packets;
    }
  };

  await send("40");
  let greeting: string | undefined;
  while (greeting === undefined)
    greeting = (await poll()).find((packet) => packet.startsWith('42["session"'));
  const [, session] = JSON.parse(greeting.slice(2)) as [string, { worker: number }];
  return { path, worker: session.worker, send, poll };
}
