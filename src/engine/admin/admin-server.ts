import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../../contract/errors.js";
import { expectEarlyAnswer } from "../http/early-answer.js";
import { toOriginForm } from "../http/request-target.js";
import { ignoreExpectations } from "../http/server-listeners.js";
import { createUntakenCut } from "../http/untaken-answers.js";
import { createListener, type Listener } from "../process/listener.js";
import { isConsolePath } from "./console-files.js";
import { limitPlaces } from "./places.js";

/** Connections at a time: orchestrators and scrapers ask one thing at a time. */
const MAX_CONNECTIONS = 100;
/** Longest time for the header of a request, in milliseconds, and for all of it. */
const TIMEOUT_MS = 5000;
/** How long whoever asks may take nothing of an answer, in milliseconds: it holds one of the few places. */
const UNTAKEN_MS = 10_000;
const MAX_HEADER_BYTES = 8192;
/** Requests of operators under way at a time: they may wait for a worker, and orchestrators are not to wait for them. */
const MAX_OPERATOR_REQUESTS = 20;

/** What the instance is up to; only `ready` calls for traffic. */
export type Readiness = "starting" | "ready" | "draining" | "no workers";

/** What the private port tells. */
export interface AdminParts {
  readiness(): Readiness;
  /** All metrics, as text of the given type; `accept` says which ones the scraper takes. */
  metrics(accept: string | undefined): Promise<{ readonly type: string; readonly text: string }>;
  /** Answers what operators ask besides; undefined while nobody is there who could. */
  operate(): RequestListener | undefined;
  /** Answers the paths of the console, which is files without data. */
  readonly page: RequestListener;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The private port, for orchestrators and operators: `/livez` says that the process answers, whatever its stores do;
 * `/readyz` 200 only while new clients are welcome; `/metrics` in Prometheus' text format or in OpenMetrics. Nothing in
 * these needs a worker, as little as the files of the console do. All other paths are the operators' routes of the features, and the server API.
 *
 * A connection has one request, whose answer ends it: what follows is not served, and its places are few.
 */
export function createAdminServer(
  host: string,
  port: number,
  parts: AdminParts,
  untakenMs = UNTAKEN_MS,
): Listener {
  /** Of each connection. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const untaken = createUntakenCut(untakenMs);
  const operate = limited(MAX_OPERATOR_REQUESTS, parts.operate);
  const server = createServer(
    {
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: TIMEOUT_MS / 2,
    },
    (request, response) => {
      const { socket } = request;
      if (answers.has(socket)) {
        setImmediate(() => socket.pause()); // sent without waiting for the answer, perhaps without end; Node reads on after each request
        return;
      }
      answers.set(socket, response);
      response.shouldKeepAlive = false;
      untaken.watch(request, response);
      expectEarlyAnswer(request, response);
      if (!toOriginForm(request)) return send(response, json(400, { status: "no URL of HTTP" }));
      const [path = ""] = (request.url ?? "").split("?", 1);
      const builtIn = Object.hasOwn(BUILT_IN, path) ? BUILT_IN[path] : undefined;
      if (builtIn === undefined) {
        (isConsolePath(path) ? parts.page : operate)(request, response);
        return;
      }
      answer(request, () => builtIn(parts, request)).then(
        (known) => send(response, known),
        () => send(response, json(500, { status: "error" })),
      );
    },
  );
  limitPlaces(server, MAX_CONNECTIONS, (socket) => answers.get(socket));
  ignoreExpectations(server);
  const listener = createListener(server, host, port, {
    variables: { host: "ADMIN_HOST", port: "ADMIN_PORT" },
  });

  return {
    ...listener,
    name: "admin server",
    async stop() {
      await listener.stop();
      server.closeAllConnections(); // it stops last: nobody is to wait for a scraper
    },
  };
}

const BUILT_IN: Readonly<
  Record<string, (parts: AdminParts, request: IncomingMessage) => Answer | Promise<Answer>>
> = {
  "/livez": () => json(200, { status: "ok" }),
  "/readyz"(parts) {
    const status = parts.readiness();
    return json(status === "ready" ? 200 : 503, { status });
  },
  async "/metrics"(parts, { headers }) {
    const { type, text } = await parts.metrics(headers.accept);
    return { status: 200, type, body: text };
  },
};

async function answer({ method }: IncomingMessage, builtIn: () => Answer | Promise<Answer>): Promise<Answer> {
  return method === "GET" || method === "HEAD" ? builtIn() : json(405, { status: "GET or HEAD only" });
}

function limited(most: number, operate: AdminParts["operate"]): RequestListener {
  let open = 0;
  return (request, response) => {
    const listener = open < most ? operate() : undefined;
    if (listener === undefined) {
      const { status, body, headers } = new AppError("temporary");
      send(response, { ...json(status, {}), body: JSON.stringify({ error: body }), headers });
      return;
    }
    open += 1;
    // Of a response that waits for another one, when the connection ends, Node tells nothing.
    request.socket.once("close", () => {
      open -= 1;
    });
    listener(request, response);
  };
}

function json(status: number, body: Readonly<Record<string, string>>): Answer {
  return { status, type: "application/json; charset=utf-8", body: `${JSON.stringify(body)}\n` };
}

function send(response: ServerResponse, { status, type, body, headers }: Answer): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...(status === 405 ? { Allow: "GET, HEAD" } : {}),
    ...headers,
  });
  response.end(body);
}
