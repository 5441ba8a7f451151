import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Longest time for a request line, in milliseconds; a new connection's begins at once. Then the HTTP server's own limits count. */
const REQUEST_LINE_TIMEOUT_MS = 60_000;
/** A longer request line is taken as it is: the parser refuses it. */
const REQUEST_LINE_LIMIT_BYTES = 16_384;
const REQUEST_LINE = /^(?:GET|POST) (\S+) HTTP/;
/** What may become one. Anything else is the parser's at once: another method, or no HTTP at all. */
const BEGINNING = /^(?:$|G$|GE$|GET$|GET |P$|PO$|POS$|POST$|POST )/;
const LINE_FEED = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/** A client's connection, which may go to another worker before each of its requests. */
export interface ClientConnection {
  /** Has the HTTP server read these bytes, whatever they ask for. */
  serve(bytes: Buffer): void;
  /** The HTTP server has got a request from it. Returns whether the request line was seen here before. */
  begin(request: IncomingMessage, response: ServerResponse | undefined): boolean;
  /** Hears no more of it. */
  letGo(): void;
  /** Lets go of it if nothing was asked yet, or all that was asked is answered; what has begun is served. Returns whether it did. */
  release(): boolean;
}

/** Where requests may go: is told what is asked for (empty if that cannot be told), and takes the connection away by returning true. */
export type Redirect = (url: string, bytes: Buffer) => boolean;

/**
 * Reads the line of each request before the HTTP server gets it. Between two requests (the last one complete, its answer
 * with the kernel) a connection is like a new one: it can be given to another process, and nothing of it depends on this one.
 * Within a request the server gets what comes unseen, so that a body is never taken for a request; it parses requests
 * that a client sends without waiting for answers, too, and `begin` tells.
 */
export function openConnection(
  socket: Socket,
  httpServer: HttpServer,
  redirect: Redirect,
  onClose: () => void,
): ClientConnection {
  let bytes = NOTHING;
  let parse: ((chunk: Buffer) => void) | undefined;
  let last: { readonly request: IncomingMessage; readonly response: ServerResponse | undefined } | undefined;
  let seen = false;
  let timer: NodeJS.Timeout | undefined = setTimeout(end, REQUEST_LINE_TIMEOUT_MS);

  function end(): void {
    socket.destroy();
  }

  function closed(): void {
    letGo();
    onClose();
  }

  function isBetweenRequests(): boolean {
    return last === undefined || (last.request.complete && last.response?.writableFinished === true);
  }

  function onData(chunk: Buffer): void {
    if (parse !== undefined && !isBetweenRequests()) {
      parse.call(socket, chunk);
      return;
    }
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const lineEnd = bytes.indexOf(LINE_FEED);
    const line = bytes.toString("latin1", 0, lineEnd === -1 ? bytes.length : lineEnd);
    if (lineEnd === -1 && line.length < REQUEST_LINE_LIMIT_BYTES && BEGINNING.test(line)) {
      timer ??= setTimeout(end, REQUEST_LINE_TIMEOUT_MS);
      return;
    }
    if (!redirect(REQUEST_LINE.exec(line)?.[1] ?? "", bytes)) serve(bytes);
  }

  function serve(head: Buffer): void {
    clearTimer();
    bytes = NOTHING;
    seen = true;
    parse ??= attach();
    parse.call(socket, head);
  }

  /** Gives the connection to the HTTP server and takes the place of its listener. */
  function attach(): (chunk: Buffer) => void {
    socket.off("end", end).off("error", end).off("data", onData);
    httpServer.emit("connection", socket);
    const [listener] = socket.listeners("data") as ((chunk: Buffer) => void)[];
    if (listener === undefined) throw new Error("the HTTP server does not listen to its connections");
    socket.off("data", listener).on("data", onData);
    return listener;
  }

  function clearTimer(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  function letGo(): void {
    clearTimer();
    socket.off("close", closed).off("end", end).off("error", end).off("data", onData);
  }

  socket.once("close", closed).once("end", end).on("error", end).on("data", onData);
  return {
    serve,
    begin(request, response) {
      last = { request, response };
      const expected = seen;
      seen = false;
      return expected;
    },
    letGo,
    release() {
      if (bytes.length > 0) serve(bytes);
      if (!isBetweenRequests()) return false;
      letGo();
      return true;
    },
  };
}
