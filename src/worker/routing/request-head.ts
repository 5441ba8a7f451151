import type { IncomingMessage } from "node:http";

/** The header lines that node:http keeps of a request, names and values counted apart (MAX_HEADER_PAIRS in lib/_http_common.js). */
const KEPT_NAMES_AND_VALUES = 2000;

/** Whether all header lines are there: of very many node:http forgets some, perhaps one that says how long the body is. */
export function isWhole({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length < KEPT_NAMES_AND_VALUES;
}

/** The request line and the header as they came, byte for byte but for white space around values: node:http reads them as latin1. */
export function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}
