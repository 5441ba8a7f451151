import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { closeWith } from "../../http/close-with.js";
import { expectEarlyAnswer } from "../../http/early-answer.js";
import { readEngineRequest } from "../../http/engine-request.js";
import { isTooLarge } from "../../http/header-size.js";
import { toOriginForm } from "../../http/request-target.js";
import { hasContent, isWebSocketUpgrade } from "../../http/server.js";
import { takeRequestListeners, takeUpgradeListeners } from "../../http/server-listeners.js";
import { createUntakenCut } from "../../http/untaken-answers.js";
import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";
import type { AddressBook, Destination, Upgrade } from "./destination.js";
import type { RelayCheck } from "./relay-check.js";
import { isAmbiguous } from "./relay-headers.js";
import { RELAYED_HEADER, type RelayProof, type Verdict } from "./relay-proof.js";
import { relayRequest } from "./relay-request.js";
import { headOf, replay, withoutUpgrade } from "./replay.js";
import { createRequestOrder } from "./request-order.js";
import { openTunnel } from "./tunnel.js";

/** Stands in front of all that handles requests, and passes on those for sessions of other processes. Its stop ends tunnels. */
export interface SessionRouter extends Component {
  /**
   * Its stop waits for the answers to relayed requests. To be stopped when this process has said good-bye to its own clients: another one
   * that stops as well does so as late, and two with requests of each other's sessions would wait for each other.
   */
  readonly relays: Component;
  /** From now on every answer ends its connection, so that clients turn elsewhere. */
  leave(): void;
  /** Ends tunnels at random moments of the window, and waits for requests under way; at most as long as the window. */
  drain(windowMs: number): Promise<void>;
}

export interface RouterParts {
  readonly httpServer: HttpServer;
  /** Path of Engine.IO, as `readEngineRequest` takes it. */
  readonly path: string;
  /** Asked in this order. */
  readonly books: readonly AddressBook[];
  /** Of the process that relays. */
  readonly proof: RelayProof;
  /** Asked about each request that comes. */
  readonly check: RelayCheck;
  /** After this long without a byte there is nobody any more, in milliseconds: there are heartbeats. */
  readonly silenceMs: number;
  /** How long a client may take nothing of an answer, in milliseconds. */
  readonly untakenMs: number;
  /** How long a stop waits for the answers to relayed requests, in milliseconds: the others may be stopping, too, and say good-bye to theirs. */
  readonly farewellMs: number;
  readonly log: Logger;
}

const LOOK_EVERY_MS = 50;
const BAD_UPGRADE = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const TOO_LARGE =
  "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/**
 * Requests to Engine.IO on one connection are handled one after the other, whoever has their sessions: their answers are in
 * order, and none overtakes another one on its way. An upgrade waits for the answers before it. What a relay would have to
 * guess about is refused whoever has the session, so that the answer does not depend on the way.
 */
export function createSessionRouter({
  httpServer,
  path,
  books,
  proof,
  check,
  silenceMs,
  untakenMs,
  farewellMs,
  log,
}: RouterParts): SessionRouter {
  const relays = new Set<() => void>();
  const tunnels = new Set<() => void>();
  const order = createRequestOrder();
  const untaken = createUntakenCut(untakenMs);
  let leaving = false;

  /** The session that a request is for, if somebody else might have it. Preflights concern none, and count where they come in, for their own address. */
  function sessionIn({ method, url = "" }: IncomingMessage): string | undefined {
    if (books.length === 0 || method === "OPTIONS") return undefined;
    const target = readEngineRequest(url, path);
    return target.kind === "session" ? target.sessionId : undefined;
  }

  async function destinationOf(
    sessionId: string,
    request: IncomingMessage,
  ): Promise<Destination | undefined> {
    for (const book of books) {
      const found = book.find(sessionId, request);
      const destination = found instanceof Promise ? await found : found;
      if (destination !== undefined) return destination;
    }
    return undefined;
  }

  async function passRequest(
    sessionId: string,
    request: IncomingMessage,
    response: ServerResponse,
    handleHere: () => void,
  ): Promise<void> {
    const destination = await destinationOf(sessionId, request);
    if (response.destroyed) return;
    if (destination === undefined) return handleHere();
    const end = relayRequest(request, response, { destination, sessionId, proof, silenceMs, handleHere });
    relays.add(end);
    response.once("close", () => relays.delete(end));
  }

  async function passUpgrade(sessionId: string, upgrade: Upgrade, here: () => void): Promise<void> {
    const { request, socket } = upgrade;
    const onError = (): void => void socket.destroy();
    socket.on("error", onError);
    const destination = await destinationOf(sessionId, request);
    if (socket.destroyed) return;
    const handleHere = (): void => {
      socket.off("error", onError);
      here();
    };
    if (destination === undefined) return handleHere();
    // Who sends before there is an answer may go on with it, and each who has the connection open would read a part.
    if (destination.handOver !== undefined && upgrade.head.length === 0) return destination.handOver(upgrade);
    const end = openTunnel(upgrade, { destination, sessionId, proof, silenceMs, handleHere });
    tunnels.add(end);
    socket.once("close", () => tunnels.delete(end));
  }

  /** What is wrong is wrong with one request: it ends, and the worker goes on. */
  function endOnError(client: { destroy(): unknown }): (error: unknown) => void {
    return (error) => {
      log.error({ err: error }, "relaying failed");
      client.destroy();
    };
  }

  return {
    name: "session router",
    async start() {
      const onRequest = takeRequestListeners(httpServer);
      const onUpgrade = takeUpgradeListeners(httpServer);
      httpServer.on("request", (request, response) => {
        const { socket } = request;
        const before = order.last(socket);
        expectEarlyAnswer(request, response, (go) => order.inTurn(socket, before, go));
        if (!order.enter(socket, response)) return;
        untaken.watch(request, response);
        if (leaving) response.setHeader("Connection", "close");
        const here = (): void => onRequest(request, response);
        const cameBy = check.judge(request);
        if (isBeyondLimit(request, cameBy)) return refuse(response, 431);
        if (!toOriginForm(request)) return refuse(response, 400);
        if (!request.url?.startsWith(path)) return here();
        if (cameBy === "forged") return refuse(response, 403);
        order.inTurn(socket, before, () => {
          if (isAmbiguous(request)) return refuse(response, 400);
          const sessionId = sessionIn(request);
          if (sessionId === undefined) here();
          else void passRequest(sessionId, request, response, here).catch(endOnError(response));
        });
      });
      httpServer.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
        const socket = duplex as Socket; // of a server of node:http without TLS
        const here = (): void => onUpgrade(request, socket, head);
        const cameBy = check.judge(request);
        const isOfHttp = toOriginForm(request);
        untaken.leave(socket);
        order.keepAnswering(socket);
        order.inTurn(socket, order.last(socket), () => {
          if (!isOfHttp) return closeWith(socket, BAD_UPGRADE);
          // Anything else asks for a protocol that this server does not speak, and is to be answered as if it did not (RFC 9110, 7.8).
          if (!isWebSocketUpgrade(request)) {
            replay(
              httpServer,
              socket,
              Buffer.concat([headOf(request, withoutUpgrade(request.rawHeaders)), head]),
            );
            return;
          }
          if (isBeyondLimit(request, cameBy)) return closeWith(socket, TOO_LARGE);
          if (cameBy === "forged") return closeWith(socket, FORBIDDEN);
          if (isAmbiguous(request) || hasContent(request)) return closeWith(socket, BAD_UPGRADE);
          const sessionId = sessionIn(request);
          if (sessionId === undefined) here();
          else void passUpgrade(sessionId, { request, socket, head }, here).catch(endOnError(socket));
        });
      });
    },
    leave() {
      leaving = true;
    },
    async drain(windowMs) {
      leaving = true;
      const endMs = performance.now() + windowMs;
      for (const end of tunnels) setTimeout(end, Math.random() * windowMs).unref();
      while (relays.size + tunnels.size > 0 && performance.now() < endMs) await pause(LOOK_EVERY_MS);
    },
    async stop() {
      for (const end of tunnels) end();
    },
    relays: {
      name: "relays",
      async start() {},
      async stop() {
        const endMs = performance.now() + farewellMs;
        while (relays.size > 0 && performance.now() < endMs) await pause(LOOK_EVERY_MS);
        for (const end of relays) end();
      },
    },
  };
}

/** The relay has looked at what comes from it. */
function isBeyondLimit(request: IncomingMessage, cameBy: Verdict["kind"]): boolean {
  return cameBy !== "relayed" && isTooLarge(request);
}

function refuse(response: ServerResponse, status: 400 | 403 | 431): void {
  response.shouldKeepAlive = false;
  // A relay hears by the second header that it was not believed.
  const headers = { "Content-Length": "0", ...(status === 403 ? { [RELAYED_HEADER]: "refused" } : {}) };
  response.writeHead(status, headers).end();
}
