import { ERRORS, type ErrorCode } from "../../src/contract/errors.js";
import { decodePacket, PACKET } from "../../tools/loadtest/raw/packets.js";
import type { Material } from "./material.js";
import type { Verdict } from "./tally.js";

/**
 * What an HTTP server, Engine.IO and files are asked for may bring besides the statuses of declared errors; 500 is none of
 * those for whom a client is to blame.
 */
const STATUSES = new Set([
  ...[100, 101, 200, 204, 206, 301, 304, 408, 412, 416, 417, 426, 431],
  ...Object.values(ERRORS).map(({ status }) => status),
]);
STATUSES.delete(ERRORS.internal.status);

/** Close codes of RFC 6455 that tell of the client's mistake, or of no mistake. */
const CLOSE_CODES = new Set([1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009]);
/** Codes of applications: the server has none, and sends back that of a client (RFC 6455, 5.5.1 and 7.4.2). */
const isOfClient = (code: number): boolean => code >= 3000 && code <= 4999;

/** What a refusal's code says of the server. */
function judgeCode(code: unknown): string | undefined {
  if (typeof code !== "string" || !Object.hasOwn(ERRORS, code))
    return `an error that is not declared: ${code}`;
  return (code as ErrorCode) === "internal" ? "an internal error" : undefined;
}

/** Judges what a server has sent: counts it, and complains about what it must not send. */
export interface CaseJudge {
  /** All that came on a connection of HTTP, one character per byte. */
  http(text: string): void;
  status(status: number): void;
  /** The body of an HTTP answer of JSON. */
  body(answer: unknown): void;
  /** One Engine.IO packet. Returns the id of the event that it acknowledges. */
  packet(text: string, acks: ReadonlyMap<number, string | undefined>): number | undefined;
  closeCode(code: number): void;
}

const RESPONSE = /(?=HTTP\/1\.1 \d{3} )/;

export function createJudge(material: Material, verdict: Verdict): CaseJudge {
  const byName = new Map(material.events.map((event) => [event.name, event]));

  function status(value: number): void {
    verdict.count(`${value}`);
    if (!STATUSES.has(value)) verdict.complain(`answered with status ${value}`);
  }

  function body(answer: unknown): void {
    // Engine.IO's own errors are {code: number, message}.
    const { error } = Object(answer) as { error?: { code?: unknown } };
    if (error !== undefined) refusal(error.code);
  }

  function refusal(code: unknown): void {
    verdict.count(String(code));
    const problem = judgeCode(code);
    if (problem !== undefined) verdict.complain(problem);
  }

  function ack(id: number, args: readonly unknown[], event: string | undefined): void {
    const [answer] = args;
    const { ok, error } = Object(answer) as { ok?: unknown; error?: { code?: unknown } };
    if (ok === true) verdict.count("ok");
    else refusal(error?.code);
    const problem = event === undefined ? undefined : byName.get(event)?.judgeReply(answer);
    if (problem !== undefined)
      verdict.complain(`${event} (${id}) was acknowledged with ${short(answer)}: ${problem}`);
  }

  function socketPacket(text: string, acks: ReadonlyMap<number, string | undefined>): number | undefined {
    const found = decodePacket(text);
    if (found === undefined) return undefined;
    const { type, id = -1, data } = found;
    const args = Array.isArray(data) ? data : [];
    if (type === PACKET.ack || type === PACKET.binaryAck) {
      ack(id, args, acks.get(id));
      return id;
    }
    if (type === PACKET.event || type === PACKET.binaryEvent) {
      const problem = material.judgeReceived(String(args[0]), args.slice(1));
      if (problem !== undefined) verdict.complain(`sent the event ${short(args)}: ${problem}`);
    } else if (type === PACKET.connectError) {
      const { data: error, message } = Object(data) as { data?: { code?: unknown }; message?: unknown };
      // Socket.IO's own refusal has no code.
      if (message === "Invalid namespace") verdict.count("invalid namespace");
      else refusal(error?.code);
    } else if (type === PACKET.connect) verdict.count("connected");
    return undefined;
  }

  return {
    http(text) {
      for (const answer of text.split(RESPONSE)) {
        const [head = "", content = ""] = answer.split("\r\n\r\n", 2);
        const found = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
        if (found === undefined) continue;
        status(Number(found));
        if (content.startsWith('{"error"') && content.endsWith("}")) body(JSON.parse(content));
      }
    },
    ...{ status, body },
    packet(text, acks) {
      if (!text.startsWith("4")) return undefined;
      try {
        return socketPacket(text.slice(1), acks);
      } catch (error) {
        verdict.complain(`sent what is no packet: ${short(text)}, ${error}`);
        return undefined;
      }
    },
    closeCode(code) {
      verdict.count(`closed with ${code}`);
      if (!CLOSE_CODES.has(code) && !isOfClient(code)) verdict.complain(`closed the WebSocket with ${code}`);
    },
  };
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 300);
}
