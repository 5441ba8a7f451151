import { clientFrame, createFrameParser, OPCODE } from "../../../tools/loadtest/raw/frames.js";
import { parseHead } from "../../../tools/loadtest/raw/http-response.js";
import type { WebSocketSession } from "../case.js";
import { type Line, openLine } from "./line.js";
import type { Target } from "./target.js";

/** Behind all that is sent: its answer says that the rest was read. */
const MARK = "all of it";

/** A WebSocket of which every byte is ours; what comes is judged. */
export interface RawWebSocket {
  readonly line: Line;
  readonly answered: Set<number>;
  isUpgraded(): boolean;
  /** Whether Engine.IO has said hello, and whether Socket.IO has let us in or refused. */
  isOpen(): boolean;
  isJoined(): boolean;
  isMarked(): boolean;
}

export function openWebSocket(
  { url, from, judge, verdict }: Target,
  acks: WebSocketSession["acks"],
): RawWebSocket {
  const answered = new Set<number>();
  const seen = { isUpgraded: false, isOpen: false, isJoined: false, isMarked: false };
  let head: Buffer | undefined = Buffer.alloc(0);
  const line = openLine(url, from, (bytes) => {
    if (head === undefined) parser.feed(bytes, bytes.length);
    else onHead(Buffer.concat([head, bytes]));
  });
  const parser = createFrameParser({
    onText(bytes, start, end) {
      const text = bytes.toString("utf8", start, end);
      if (text.startsWith("0")) seen.isOpen = true;
      if (/^4[04]/.test(text)) seen.isJoined = true;
      const id = judge.packet(text, acks);
      if (id !== undefined) answered.add(id);
    },
    onBinary: () => {},
    onControl(opcode, payload) {
      if (opcode === OPCODE.pong && payload.toString() === MARK) seen.isMarked = true;
      if (opcode === OPCODE.close) judge.closeCode(payload.length < 2 ? 1005 : payload.readUInt16BE());
    },
    onViolation: (what) => verdict.complain(`the server sent ${what}`),
  });

  function onHead(bytes: Buffer): void {
    head = bytes;
    const found = parseHead(bytes);
    if (found === undefined) return;
    if (found.status !== 101) {
      judge.http(bytes.toString("latin1"));
      return;
    }
    head = undefined;
    seen.isUpgraded = true;
    const rest = bytes.subarray(found.length);
    if (rest.length > 0) parser.feed(rest, rest.length);
  }

  return {
    ...{ line, answered },
    isUpgraded: () => seen.isUpgraded,
    isOpen: () => seen.isOpen,
    isJoined: () => seen.isJoined,
    isMarked: () => seen.isMarked,
  };
}

export const markFrame = (): Buffer => clientFrame(OPCODE.ping, MARK);

/** Opens a session by WebSocket, sends the case, and waits until it is read and all is acknowledged, or the connection ends. */
export async function talkWebSocket(way: WebSocketSession, target: Target): Promise<string> {
  const webSocket = openWebSocket(target, way.acks);
  const { line, answered } = webSocket;
  line.write(way.head);
  const outcome = await (async () => {
    if (!way.isEager) {
      const opened = await line.until(webSocket.isOpen);
      if (opened !== "done") return opened;
    }
    if (way.connect !== undefined) {
      line.write(clientFrame(OPCODE.text, way.connect));
      if (!way.isEager) await line.until(webSocket.isJoined);
    }
    for (const bytes of way.writes) line.write(bytes);
    line.write(markFrame());
    return line.until(() => webSocket.isMarked() && [...way.acks.keys()].every((id) => answered.has(id)));
  })();
  line.destroy();
  return outcome;
}
