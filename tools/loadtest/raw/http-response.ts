/** A whole HTTP/1.1 response. */
export interface Response {
  readonly status: number;
  readonly body: Buffer;
  /** The connection may carry another request. */
  readonly keepAlive: boolean;
}

/** The head of a response; `length` is its size in bytes, names of headers are lower case. */
export interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly length: number;
}

const LIMIT_BYTES = 64 * 1024;

/** The head that the bytes begin with, or nothing as long as it is incomplete. @throws when it is none. */
export function parseHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0 && bytes.length < LIMIT_BYTES) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) throw new Error("the answer is not HTTP");
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), headers: new Map(pairs), length: end + 4 };
}

/** The response that the bytes hold, or nothing as long as it is incomplete. `ended`: no more will come. */
export function parseResponse(bytes: Buffer, ended: boolean): Response | undefined {
  const head = parseHead(bytes);
  if (head === undefined) return undefined;
  const { headers, status } = head;
  const rest = bytes.subarray(head.length);
  const chunked = /chunked/i.test(headers.get("transfer-encoding") ?? "");
  const length = headers.get("content-length");
  const keepAlive = !/close/i.test(headers.get("connection") ?? "") && (chunked || length !== undefined);
  const body = chunked ? dechunk(rest) : sized(rest, length, ended);
  return body && { status, body, keepAlive };
}

function sized(rest: Buffer, length: string | undefined, ended: boolean): Buffer | undefined {
  if (length === undefined) return ended ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function dechunk(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString("latin1", at, line), 16);
    if (Number.isNaN(size)) throw new Error("a chunk without its size");
    const next = line + 2 + size + 2;
    if (next > rest.length) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
