import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../../contract/errors.js";
import { isOfUpgrade, readEngineRequest } from "../../http/engine-request.js";
import type { HeldBodies } from "../../http/held-bodies.js";
import type { InFlight } from "../../http/in-flight.js";
import type { Io } from "../io.js";
import { type Refusal, refusalOf, refuse, UNKNOWN_SESSION } from "../refusal.js";
import type { Connection } from "./connection.js";
import type { Connections } from "./connections.js";
import { boundPackets } from "./payload-packets.js";

/** What requests that poll are bounded by. */
export interface PollingBounds {
  /** What a stop waits for. */
  readonly inFlight: Pick<InFlight, "answer">;
  readonly bodies: HeldBodies;
  /** Whose a connection is, by the address of its handshake: that of a request that was relayed is the relay's. */
  addressOf(connection: Connection): string;
}

/**
 * Makes clients that poll equal to those with a WebSocket; after admission is installed. A request with packets waits, unread,
 * while its connection is not read from. The answer to a poll, which Engine.IO takes for sent at once, is known to the
 * connection until the kernel has taken all of it, and a stop waits for it as for those of other requests. One that Engine.IO gives in the midst of a body reaches who sends it. A poll that
 * comes twice ends its session, and packets that come twice are taken once: see {@link isRepeated}.
 */
export function installPollingRequests(
  io: Io,
  connections: Connections,
  { inFlight, bodies, addressOf }: PollingBounds,
): void {
  const path = `${io.path()}/`;

  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const connection = isOfUpgrade(response) ? undefined : connectionOf(request);
    if (connection === undefined) return next();
    if (request.method === "GET") {
      if (isRepeated(connection, request)) connection.cut(); // and Engine.IO answers that it is over
      keepAnswer(connection, response);
      onAnswer(response, () => inFlight.answer(response));
    }
    if (request.method !== "POST") return next();
    const post = postOf(connection, request);
    if (post !== undefined && post === connection.takenPost) return answerAgain(response);
    outliveAnswer(request, response, () => {
      connection.takenPost = post;
    });
    const end = (refusal: Refusal): void => endWith(connection, request, response, refusal);
    const take = (): void => {
      bodies.hold({
        ...{ request, response, address: addressOf(connection) },
        refuse: (error) => end(refusalOf(error)),
      });
      boundPackets(request, response, () => end(TOO_MANY_PACKETS));
      next();
    };
    if (connection.raw.readyState === "closing") return takeWhileClosing(connection, request, response, take);
    const isOver = (): boolean => request.destroyed;
    connection.whenRead(() => !isOver() && take(), isOver);
  });

  function connectionOf({ url = "" }: IncomingMessage): Connection | undefined {
    const asked = readEngineRequest(url, path);
    return asked.kind === "session" ? connections.get(asked.sessionId) : undefined;
  }
}

const TOO_MANY_PACKETS = refusalOf(new AppError("too_large", "The request has too many packets"));

/** How long a request with packets waits for a session that is closed when its client polls next, in milliseconds. */
const CLOSING_MS = 1000;

/**
 * Engine.IO drops the packets of such a session and answers at once, so that no pace holds its client. It is not given them; the answer
 * comes with the end of the session, or a second later as Engine.IO would give it. One beside it is cut off.
 */
function takeWhileClosing(
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  if (connection.isAnsweredLate) return void request.socket.destroy();
  connection.isAnsweredLate = true;
  const { raw } = connection;
  const timer = setTimeout(answer, CLOSING_MS);
  raw.once("close", answer);
  function answer(): void {
    clearTimeout(timer);
    raw.off("close", answer);
    connection.isAnsweredLate = false;
    if (request.destroyed) return;
    if (raw.readyState === "closing") answerAgain(response);
    else next();
  }
}

/**
 * The name that stock clients give each of their requests, so that no cache answers. There are two forms, of older and of newer ones; of the
 * newer part is left to chance, and the older ones count. What clients in other languages send is a time, of seconds with some, which several
 * of their polls have in common.
 */
const NAME = /[?&]t=((?!\d+(?:&|$))(?:[0-9a-z]{8}|[\w-]{7}(?:\.[\w-]{1,8})?))(?:&|$)/;

/** A name that says a time no further from now is one, in milliseconds: as many as a name of the newer form says by chance for 4 s in 17 h. */
const NOW_MS = 86_400_000;

/**
 * Whether a proxy or a browser sends a poll again, as they do when a connection breaks off before the answer: the answer to the first one,
 * with what it carried, has not reached the client, which would never hear of that. A client that names all its requests alike
 * does not tell.
 */
function isRepeated(connection: Connection, { url = "" }: IncomingMessage): boolean {
  const name = nameIn(url);
  const isKnown = name !== undefined && name === connection.pollName;
  connection.pollName = name;
  return isKnown && name !== nameIn(connection.raw.request.url ?? "");
}

/**
 * By what a request with packets is known that a proxy or a browser sends again, as Chromium does by itself where a connection breaks off
 * before the answer: what it relays would arrive twice. Clients send the next one when the one before is answered, so the latest is
 * enough. The length is there for names that a client makes of a coarse clock.
 */
function postOf(connection: Connection, { url = "", headers }: IncomingMessage): string | undefined {
  const name = nameIn(url);
  if (name === undefined || name === nameIn(connection.raw.request.url ?? "")) return undefined;
  return `${name} ${headers["content-length"]}`;
}

/** As Engine.IO has answered it. */
function answerAgain(response: ServerResponse): void {
  const headers = { "Content-Type": "text/html", "Content-Length": "2", "Cache-Control": "no-store" };
  response.writeHead(200, headers).end("ok");
}

function nameIn(url: string): string | undefined {
  const name = NAME.exec(url)?.[1];
  return name === undefined || isNow(name) ? undefined : name;
}

/** The client for Dart sends the time in milliseconds to the base 36, of which a browser may show no more than tenths of a second. */
function isNow(name: string): boolean {
  return Math.abs(Number.parseInt(name, 36) - Date.now()) < NOW_MS;
}

/** Calls before the answer is given, with its status. */
function onAnswer(response: ServerResponse, hear: (status: unknown) => void): void {
  const { writeHead } = response;
  function writeAnswer(...head: unknown[]): ServerResponse {
    hear(head[0]);
    return Reflect.apply(writeHead, response, head);
  }
  response.writeHead = writeAnswer;
}

function keepAnswer(connection: Connection, response: ServerResponse): void {
  connection.answers ??= new Set();
  const { answers } = connection;
  answers.add(response);
  response.once("close", () => answers.delete(response));
}

/**
 * Engine.IO answers a body that has grown too large, or takes too long, before its end and destroys the request, which resets the
 * connection: whoever sends that body, a client, a proxy or a relay, may lose the answer. So it does without an answer when the session
 * ends meanwhile: that is answered as if it had ended before. `onTaken` hears that all of it was taken.
 */
function outliveAnswer(request: IncomingMessage, response: ServerResponse, onTaken: () => void): void {
  const { destroy } = request;
  onAnswer(response, (status) => {
    if (status === 200) onTaken();
  });
  request.destroy = (error) => {
    // Of a connection that has ended Node says so in the same way.
    if (request.readableEnded || request.socket.destroyed) return destroy.call(request, error);
    if (!response.headersSent) answerOver(request, response, UNKNOWN_SESSION);
    return request.resume(); // whose end, or the end of its time, ends it
  };
}

/** For Engine.IO the request is still open: it must get no more of it, nor answer it once more when its time is over. */
function answerOver(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  for (const event of ["data", "end"]) request.removeAllListeners(event);
  refuse(request, response, refusal);
  response.writeHead = () => response;
}

/** Answers packets that are not taken, with the end of their session, as Engine.IO does with a body that is too large. */
function endWith(
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  response.setHeader("Connection", "close");
  answerOver(request, response, refusal);
  connection.cut();
}
