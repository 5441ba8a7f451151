import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from "node:http";
import { ENGINE_PATH } from "./engine-request.js";
import { PARSED_HEADER_BYTES } from "./header-size.js";
import { toOriginForm } from "./request-target.js";
import { ignoreExpectations } from "./server-listeners.js";

/**
 * Above the idle timeouts of usual proxies (60 s and 75 s), so that it is the proxy that closes an idle connection: a
 * request sent into a connection that is just being closed here would fail.
 */
const KEEP_ALIVE_TIMEOUT_MS = 80_000;

/** Node has it from 24.9 on; before, the session router has those requests answered that offer something else. */
interface UpgradeChoice {
  /** Whether a request that offers an upgrade becomes an "upgrade" event, and not a "request". */
  shouldUpgradeCallback(request: IncomingMessage): boolean;
}

/** Whether a request asks for the one protocol besides HTTP that is spoken here, and where it is spoken. */
export function isWebSocketUpgrade({ method, url, headers }: IncomingMessage): boolean {
  const isOffered = headers.upgrade?.toLowerCase() === "websocket";
  return isOffered && method === "GET" && url?.startsWith(ENGINE_PATH) === true;
}

/** Whether bytes of a body may follow: a WebSocket would take them for frames, and a parser for a body. */
export function hasContent({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"] ?? "0";
  return headers["transfer-encoding"] !== undefined || Number(length) !== 0;
}

/**
 * Sends the header of a relayed request on before its body is there, as the answer may not wait for that. Node sends it as UTF-8 then, and
 * as Latin-1 with the first bytes of a body: a line with others than those of ASCII would arrive as another one, so it waits for them.
 */
export function flushHeader(outgoing: ClientRequest, incoming: IncomingMessage): void {
  if (hasContent(incoming) && !incoming.rawHeaders.some(isBeyondAscii)) outgoing.flushHeaders();
}

function isBeyondAscii(text: string): boolean {
  return /[^ -~\t]/.test(text);
}

/** The HTTP server that Express and Socket.IO share. It does not listen by itself. */
export function createHttpServer(listener: RequestListener): Server {
  const options: ServerOptions & UpgradeChoice = {
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    headersTimeout: 60_000,
    requestTimeout: 60_000,
    maxHeaderSize: PARSED_HEADER_BYTES, // the session router refuses what is beyond the limit of clients
    // What it refuses is answered as a request, with its body. Without a body Node (24 and 26) drops what follows in the same
    // packet, so that the session router answers those, which it gets with all that was read.
    shouldUpgradeCallback: (request) =>
      (toOriginForm(request) && isWebSocketUpgrade(request)) || !hasContent(request),
  };
  const server = createServer(options, listener);
  // Node would keep 1,000 header lines and drop the rest, perhaps one that says how long the body is. Their size is bounded.
  server.maxHeadersCount = 0;
  ignoreExpectations(server);
  // Node takes its own listener off a connection that asks for an upgrade. Whoever gets it next may have to wait for the
  // answers before it, and the client may break off meanwhile, which would end the process. A connection may come many times.
  server.on("connection", (socket) => {
    if (!socket.listeners("error").includes(ignore)) socket.on("error", ignore);
  });
  return server;
}

/** "close" follows. */
function ignore(): void {}
