import { type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { ownAddress } from "../../engine/process/listener.js";

const MOST_BYTES = 65_536;

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Longest answer that is taken; default 64 KiB. */
  readonly mostBytes?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as a JSON object; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** Until when the server's certificate is valid; undefined without TLS. */
  readonly certificateUntil: Date | undefined;
}

/**
 * Asks once, on a connection of its own, as a crowd of clients does, and follows nowhere. An answer that comes before the body is
 * sent counts. Rejects when there is none, or one that is too long; how long to wait is up to the check.
 */
export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", headers, body, mostBytes = MOST_BYTES } = question;
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const request = send(url, {
      ...{ method, headers: { ...headers, ...length }, agent: false },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", reject);
      response.on("data", (part: string) => {
        text += part;
        if (text.length > mostBytes) request.destroy(new Error(`the answer exceeds ${mostBytes} bytes`));
      });
      response.on("end", () => {
        const { statusCode: status = 0, headers: given } = response;
        const certificateUntil = validUntil(response.socket);
        resolve({ status, headers: given, text, json: objectIn(text), certificateUntil });
        request.destroy();
      });
    });
    request.end(body);
  });
}

/** Where what listens on this host and port is asked from this machine. */
export function localUrl(host: string, port: number, path: string): string {
  const name = ownAddress(host);
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}${path}`;
}

function validUntil(socket: Socket): Date | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { valid_to: until } = socket.getPeerCertificate();
  return until === undefined ? undefined : new Date(until);
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
