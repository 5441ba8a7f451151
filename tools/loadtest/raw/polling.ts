import { createHttpChannel } from "./http-channel.js";
import type { Response } from "./http-response.js";
import { GOODBYE_MS, type Target, type Transport, type TransportSink } from "./transport.js";

/** Between packets of one body, Engine.IO protocol 4. */
const SEPARATOR = "\x1e";
const SEPARATOR_BYTE = 0x1e;
const BASE64_BYTE = "b".charCodeAt(0);
const OPEN_BYTE = "0".charCodeAt(0);

/** Engine.IO over HTTP long polling: one connection waits for packets, the other one posts. Begins at once. */
export function openPolling(target: Target, sink: TransportSink): Transport {
  const polls = createHttpChannel(target);
  const posts = createHttpChannel(target);
  let path = `${target.path}&transport=polling`;
  let outbox: string[] = [];
  let posting = false;
  let closing: NodeJS.Timeout | undefined;
  let ended = false;

  function end(reason: string): void {
    if (ended) return;
    ended = true;
    clearTimeout(closing);
    polls.destroy();
    posts.destroy();
    sink.onClose(reason);
  }

  function deliver(body: Buffer): void {
    for (let start = 0; start < body.length && !ended; ) {
      const found = body.indexOf(SEPARATOR_BYTE, start);
      const next = found < 0 ? body.length : found;
      if (body[start] === OPEN_BYTE) {
        const { sid } = JSON.parse(body.toString("utf8", start + 1, next)) as { sid: string };
        path += `&sid=${encodeURIComponent(sid)}`;
      }
      if (body[start] === BASE64_BYTE) {
        const attachment = Buffer.from(body.toString("latin1", start + 1, next), "base64");
        sink.onBinary(attachment, 0, attachment.length);
      } else {
        sink.onPacket(body, start, next);
      }
      start = next + 1;
    }
  }

  async function poll(): Promise<void> {
    while (!ended) deliver(succeeded(await polls.request("GET", path)));
  }

  async function post(): Promise<void> {
    posting = true;
    while (outbox.length > 0 && !ended) {
      const body = outbox.join(SEPARATOR);
      outbox = [];
      succeeded(await posts.request("POST", path, body));
    }
    posting = false;
    if (closing !== undefined) end("closed by this client");
  }

  function send(packet: string): void {
    if (ended || closing !== undefined) return;
    outbox.push(packet);
    if (!posting) post().catch(fail);
  }

  const fail = (error: Error) => end(error.message);
  poll().catch(fail);
  return {
    send,
    sendBinary: (attachment) => send(`b${attachment.toString("base64")}`),
    sendFrame() {
      throw new Error("frames are for WebSockets");
    },
    close() {
      send("1");
      closing ??= setTimeout(() => end("closed by this client"), GOODBYE_MS);
    },
    destroy: end,
  };
}

function succeeded({ status, body }: Response): Buffer {
  if (status === 200) return body;
  const text = body.toString("utf8", 0, 200).replaceAll(/\s+/g, " ");
  throw new Error(`the poll was answered with HTTP ${status} ${text}`.trim());
}
