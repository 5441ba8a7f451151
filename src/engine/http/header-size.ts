import { type IncomingMessage, maxHeaderSize } from "node:http";

/** More than two relays add to a header: an address of 45 characters each, and the lines that say how it came. */
const RELAYS_ADD_BYTES = 512;

/** What the parser takes, in bytes. A client's request may have less: what a relay adds must not decide about its answer. */
export const PARSED_HEADER_BYTES = maxHeaderSize + RELAYS_ADD_BYTES;

/** Whether the header has more bytes than a client may send, counted as Node's parser does: target, names and values. */
export function isTooLarge({ url = "", rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.reduce((bytes, { length }) => bytes + length, url.length) >= maxHeaderSize;
}
