import type { IncomingMessage, ServerResponse } from "node:http";
import { readEngineRequest } from "../../http/engine-request.js";
import type { Io } from "../io.js";
import type { Connection } from "./connection.js";
import type { Connections } from "./connections.js";

/**
 * Makes clients that poll equal to those with a WebSocket; after admission is installed. A request with packets waits, unread,
 * while its connection is not read from. The answer to a poll, which Engine.IO takes for sent at once, is known to the
 * connection until the kernel has taken all of it.
 */
export function installPollingRequests(io: Io, connections: Connections): void {
  const path = `${io.path()}/`;

  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const connection = request.headers.upgrade === undefined ? connectionOf(request) : undefined;
    if (connection === undefined) return next();
    if (request.method === "GET") keepAnswer(connection, response);
    if (request.method !== "POST") return next();
    connection.whenRead(() => {
      if (!request.destroyed) next();
    });
  });

  function connectionOf({ url = "" }: IncomingMessage): Connection | undefined {
    const asked = readEngineRequest(url, path);
    return asked.kind === "session" ? connections.get(asked.sessionId) : undefined;
  }
}

function keepAnswer(connection: Connection, response: ServerResponse): void {
  connection.answers ??= new Set();
  const { answers } = connection;
  answers.add(response);
  response.once("close", () => answers.delete(response));
}
