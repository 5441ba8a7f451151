import { Agent } from "node:http";
import type { PollingSession } from "../case.js";
import { type Answer, exchange } from "./exchange.js";
import { markFrame, openWebSocket } from "./talk-websocket.js";
import type { Target } from "./target.js";

/** A poll that brings nothing for this time, in milliseconds of the machine's time, is the last one. */
const QUIET_MS = 500;

/** Opens a session by polling, posts the case, and polls until all is acknowledged, refused or quiet; then upgrades if it is to. */
export async function talkPolling(way: PollingSession, target: Target): Promise<string> {
  const { url, from } = target;
  const agent = new Agent({ keepAlive: true });
  const server = { agent, host: url.hostname, port: url.port, localAddress: from };

  /** Undefined when no answer comes. */
  function ask(path: string, body?: string): Promise<Answer | undefined> {
    const type = { "Content-Type": "text/plain;charset=UTF-8" };
    const post = { method: "POST", headers: { ...type, "Content-Length": Buffer.byteLength(body ?? "") } };
    const options = { ...server, path, ...(body === undefined ? {} : post) };
    return exchange(options, body, QUIET_MS).catch(() => undefined);
  }

  try {
    return await talk(way, ask, target);
  } finally {
    agent.destroy();
  }
}

type Ask = (path: string, body?: string) => Promise<Answer | undefined>;

async function talk(way: PollingSession, ask: Ask, target: Target): Promise<string> {
  const { judge } = target;
  const entrance = "/socket.io/?EIO=4&transport=polling";
  const answered = new Set<number>();

  /** Whether the session goes on. */
  function saw(answer: Answer | undefined): boolean {
    if (answer === undefined) return false;
    judge.status(answer.status);
    if (answer.status === 200) return true;
    if (answer.text.startsWith("{")) judge.body(JSON.parse(answer.text));
    return false;
  }

  async function poll(path: string): Promise<boolean> {
    const answer = await ask(path);
    for (const packet of answer?.status === 200 ? answer.text.split("\x1e") : []) {
      const id = judge.packet(packet, way.acks);
      if (id !== undefined) answered.add(id);
    }
    return saw(answer) && answer?.text !== "1";
  }

  const opened = await ask(entrance);
  if (!saw(opened)) return "refused";
  const { sid } = JSON.parse(opened?.text.slice(1) ?? "") as { sid: string };
  const path = `${entrance}&sid=${sid}`;
  if (way.connect !== undefined) {
    if (!saw(await ask(path, way.connect)) || !(await poll(path))) return "not joined";
  }
  const isAnswered = (): boolean => [...way.acks.keys()].every((id) => answered.has(id));
  const polls = (async () => {
    while (way.upgrade.length === 0 && (way.acks.size === 0 || !isAnswered()))
      if (!(await poll(path))) return "ended";
    return "done";
  })();
  for (const body of way.bodies) if (!saw(await ask(path, body))) return "refused a body";
  if (way.upgrade.length === 0) return way.acks.size === 0 ? "done" : polls;
  return upgrade(way, sid, target);
}

async function upgrade(way: PollingSession, sid: string, target: Target): Promise<string> {
  const webSocket = openWebSocket(target, way.acks);
  webSocket.line.write(
    `GET /socket.io/?EIO=4&transport=websocket&sid=${sid} HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await webSocket.line.until(webSocket.isUpgraded);
  for (const bytes of way.upgrade) webSocket.line.write(bytes);
  webSocket.line.write(markFrame());
  const outcome = await webSocket.line.until(webSocket.isMarked);
  webSocket.line.destroy();
  return `upgrade ${outcome}`;
}
