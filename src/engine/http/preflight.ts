import type { ServerResponse } from "node:http";

/** Answers a preflight, of which the headers that grant it are there already. */
export function grantPreflight(response: ServerResponse): void {
  response.writeHead(204, { "Content-Length": "0" }).end(); // without it Safari waits for a body
}
