import { WebSocket } from "ws";
import { onEnd } from "./cleanup.js";
import { within } from "./wait.js";

/** A client that speaks Engine.IO's packets as they are, over a WebSocket. */
export interface EngineClient {
  readonly webSocket: WebSocket;
  /** All packets so far, of text. */
  readonly packets: readonly string[];
  send(...packets: string[]): void;
  /** Resolves when the connection is over. @throws after `withinMs` (default 5000). */
  closed(withinMs?: number): Promise<void>;
}

/** Opens a connection; it has joined nothing. With `sid` it is a WebSocket for a session that polls. Ends by itself. */
export async function openEngineClient(url: string, sid?: string): Promise<EngineClient> {
  const query = `EIO=4&transport=websocket${sid === undefined ? "" : `&sid=${sid}`}`;
  const webSocket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?${query}`, {
    perMessageDeflate: false,
  });
  onEnd(() => webSocket.terminate());
  const packets: string[] = [];
  webSocket.on("message", (data) => void packets.push(String(data)));
  webSocket.on("error", () => {}); // "close" follows
  const over = new Promise<void>((resolve) => webSocket.once("close", () => resolve()));
  const open = new Promise<void>((resolve, reject) => {
    webSocket.once("open", resolve);
    webSocket.once("error", reject);
  });
  await within(open, 5000, `a WebSocket to ${url}`);
  return {
    webSocket,
    packets,
    send: (...all) => {
      for (const packet of all) webSocket.send(packet, () => {}); // it may be closed meanwhile
    },
    closed: (withinMs = 5000) => within(over, withinMs, "the end of the WebSocket"),
  };
}

/** The session id of a new connection that polls. It has joined nothing. */
export async function openPollingSession(url: string): Promise<string> {
  const answer = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  return (JSON.parse(answer.slice(1)) as { sid: string }).sid;
}

/** Sends packets of a session that polls, in one request. */
export function postPackets(url: string, sid: string, packets: readonly string[]): Promise<Response> {
  const target = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  return fetch(target, { method: "POST", body: packets.join("\u001e") });
}

/** What waits for a session that polls. */
export async function poll(url: string, sid: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
  return { status: response.status, text: await response.text() };
}
