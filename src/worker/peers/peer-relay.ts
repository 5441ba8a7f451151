import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Component } from "../../lifecycle.js";
import type { Logger } from "../../logger.js";
import type { Io } from "../../realtime/io.js";
import { sessionIdIn } from "../routing/session-owner.js";
import { takeRequestListeners, takeUpgradeListeners } from "../server-listeners.js";
import { keyIn } from "./instance-key.js";
import type { Peer } from "./peer.js";
import type { PeerDirectory } from "./peer-directory.js";
import { RELAYED_HEADER } from "./relay-headers.js";
import { type Errand, relayRequest } from "./relay-request.js";
import { openTunnel, type Upgrade } from "./tunnel.js";

/** What passes requests on to the instances of their sessions. */
export interface PeerRelay extends Component {
  /** Ends tunnels at random moments of the window, and waits for polls under way; at most as long as the window. */
  drain(windowMs: number): Promise<void>;
}

export interface RelayParts {
  readonly io: Io;
  readonly httpServer: HttpServer;
  /** Of this instance. */
  readonly key: string;
  readonly directory: PeerDirectory;
  /** After this long without a byte there is nobody any more, in milliseconds: there are heartbeats. */
  readonly silenceMs: number;
  readonly log: Logger;
}

/** A session that another instance has made, as its id says. */
interface StrangeSession {
  readonly id: string;
  readonly key: string;
}

const LOOK_EVERY_MS = 50;
/** What node:http sends as a path without complaint. */
const PLAIN = /^[\x21-\x7e]+$/;

/** Stands in front of Engine.IO from its start on; `stop` ends all that is relayed. */
export function createPeerRelay(parts: RelayParts): PeerRelay {
  const { io, httpServer, key: ownKey, directory, silenceMs, log } = parts;
  const polls = new Set<() => void>();
  const tunnels = new Set<() => void>();

  /** The session of another instance that a request is for. */
  function strangeSession({ url = "", headers }: IncomingMessage): StrangeSession | undefined {
    const id = sessionIdIn(url, io.path());
    const key = id === undefined ? undefined : keyIn(id);
    if (id === undefined || key === undefined || key === ownKey) return undefined;
    return RELAYED_HEADER.toLowerCase() in headers || !PLAIN.test(url) ? undefined : { id, key };
  }

  function errandTo(peer: Peer, sessionId: string, handleHere: () => void): Errand {
    return {
      peer,
      sessionId,
      pollTimeoutMs: silenceMs,
      onReached: () => directory.reached(peer),
      onUnreachable: (error) => directory.unreachable(peer, error),
      handleHere,
    };
  }

  async function passRequest(
    { id, key }: StrangeSession,
    request: IncomingMessage,
    response: ServerResponse,
    here: () => void,
  ): Promise<void> {
    const peer = await directory.find(key);
    if (response.destroyed) return;
    if (peer === undefined) return here();
    const end = relayRequest(request, response, errandTo(peer, id, here));
    polls.add(end);
    response.once("close", () => polls.delete(end));
  }

  async function passUpgrade({ id, key }: StrangeSession, upgrade: Upgrade, here: () => void): Promise<void> {
    const { socket } = upgrade;
    const onError = () => socket.destroy();
    const handleHere = () => {
      socket.off("error", onError);
      here();
    };
    socket.on("error", onError);
    const peer = await directory.find(key);
    if (socket.destroyed) return;
    if (peer === undefined) return handleHere();
    const end = openTunnel(upgrade, errandTo(peer, id, handleHere));
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
    name: "peer relay",
    async start() {
      const onRequest = takeRequestListeners(httpServer);
      const onUpgrade = takeUpgradeListeners(httpServer);
      httpServer.on("request", (request, response) => {
        const here = () => onRequest(request, response);
        const session = isPollOrPost(request) ? strangeSession(request) : undefined;
        if (session === undefined) here();
        else void passRequest(session, request, response, here).catch(endOnError(response));
      });
      httpServer.on("upgrade", (request, socket, head) => {
        const here = () => onUpgrade(request, socket, head);
        const session = isWebSocket(request) ? strangeSession(request) : undefined;
        if (session === undefined) here();
        else void passUpgrade(session, { request, socket, head }, here).catch(endOnError(socket));
      });
      const { engine } = io;
      const generateId = engine.generateId.bind(engine);
      engine.generateId = async (request) => `${await generateId(request)}.${ownKey}`;
    },
    async drain(windowMs) {
      const endMs = performance.now() + windowMs;
      for (const end of tunnels) setTimeout(end, Math.random() * windowMs).unref();
      while (polls.size + tunnels.size > 0 && performance.now() < endMs) await pause(LOOK_EVERY_MS);
    },
    async stop() {
      for (const end of [...polls, ...tunnels]) end();
    },
  };
}

function isPollOrPost({ method = "" }: IncomingMessage): boolean {
  return method === "GET" || method === "POST";
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}
