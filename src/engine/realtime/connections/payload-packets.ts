import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_WAITING } from "./intake.js";

/** Packets of one request: an event may have attachments, of which each is a packet, too. */
const MOST_PACKETS = 2 * MAX_WAITING;
/** Between two packets. In UTF-8 it is part of nothing else. */
const SEPARATOR = 0x1e;

/**
 * Calls `refuse`, once, when a request has more packets than are taken at once: Engine.IO reads all of them at its end, before anything
 * counts them, and a request may have one for each two of its bytes. To be called before Engine.IO listens for its data.
 */
export function boundPackets(request: IncomingMessage, response: ServerResponse, refuse: () => void): void {
  let left = MOST_PACKETS;
  // Not by `on`, which would start the stream before Engine.IO listens.
  request.prependListener("data", (chunk: Buffer) => {
    if (response.headersSent) return;
    for (let at = chunk.indexOf(SEPARATOR); at !== -1; at = chunk.indexOf(SEPARATOR, at + 1)) {
      left -= 1;
      if (left === 0) return refuse();
    }
  });
}
