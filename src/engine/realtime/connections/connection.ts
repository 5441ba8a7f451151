import type { ServerResponse } from "node:http";
import type { RawData, WebSocket } from "ws";
import type { IoSocket } from "../io.js";
import type { RawConnection } from "./raw-connection.js";

/** What is still read of a connection that has ended, in bytes. */
const LAST_WORDS_BYTES = 1024 * 1024;
/** What a frame counts besides its content, in bytes: about what it costs to read. */
const FRAME_WEIGHT_BYTES = 256;

/** Work that a client has asked for. Never rejects. */
export type Job = () => Promise<void>;

/**
 * What is known of one Engine.IO connection beyond Engine.IO, from its handshake to its end, whether it has joined
 * or not. There is one per connection: it is kept small.
 */
export class Connection {
  readonly raw: RawConnection;
  /** Of the performance clock, in milliseconds. */
  readonly openedAtMs = performance.now();
  /** Time since which it is in no namespace, on the same clock; undefined while it is in one. */
  outsideSinceMs: number | undefined = this.openedAtMs;
  /** Its Socket.IO session, once it has one. It has one in its life. */
  socket: IoSocket | undefined;
  /** What it talks by; undefined while it polls. */
  webSocket: WebSocket | undefined;
  /** The WebSocket that it may upgrade to. */
  candidate: WebSocket | undefined;
  /** Answers to polls of which the kernel has not taken all. */
  answers: Set<ServerResponse> | undefined;
  /** What the latest poll was named by its client. */
  pollName: string | undefined;
  /** What the latest request with packets was named, and how long it was, if all of it was taken. */
  takenPost: string | undefined;
  /** Whether a request with packets waits while the session is being closed. */
  isAnsweredLate = false;
  /** How often it has asked to join. */
  connects = 0;
  /** Whether it was let in; Socket.IO makes its session in a moment. */
  isLetIn = false;
  /** Its share of the turn in which it sent something last, see {@link Reading}. */
  readonly share = { turn: -1, weight: 0, isLate: false };
  /** Time up to which what it has sent may have been sent, of the performance clock in milliseconds, see {@link Pace}. */
  pacedUntilMs = 0;
  /** Whether it is held until that. */
  isPaced = false;
  /** Events that are being handled. */
  running = 0;
  /** Events that wait to be handled, in order. */
  jobs: Job[] = [];
  #holds = 0;
  #isClosing = false;
  #waiting: { readonly read: () => void; readonly isOver: () => boolean } | undefined;

  constructor(raw: RawConnection, webSocket: WebSocket | undefined) {
    this.raw = raw;
    this.webSocket = webSocket;
  }

  /** Events that have come and are not answered yet. */
  get openEvents(): number {
    return this.running + this.jobs.length;
  }

  /** Whether a WebSocket may still be opened for it. */
  get mayUpgrade(): boolean {
    return this.webSocket === undefined && this.candidate === undefined;
  }

  /** Stops reading from the client until every hold is released. What was read before is still handled. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.webSocket?.pause();
  }

  /** Ends one {@link hold}. */
  release(): void {
    if (this.#holds === 0) return; // it has ended meanwhile
    this.#holds -= 1;
    if (this.#holds === 0) this.#readOn();
  }

  /**
   * Calls back at once, or when the connection is read from again: for a request with packets of a client that polls. One may
   * wait; with a second one the connection is cut off, as Engine.IO does where two overlap: else they would all get past the hold.
   * One that `isOver`, as its own TCP connection broke off, gives its place to the next, which may be the same, sent again.
   */
  whenRead(read: () => void, isOver: () => boolean = () => false): void {
    const isSecond = this.#waiting?.isOver() === false;
    if (isSecond) this.cut();
    if (this.#holds === 0 || isSecond) read();
    else this.#waiting = { read, isOver };
  }

  /** It has upgraded to the WebSocket that it has probed. */
  upgraded(): void {
    this.webSocket = this.candidate;
    this.candidate = undefined;
    this.pollName = undefined;
    this.takenPost = undefined;
    if (this.#holds > 0) this.webSocket?.pause();
  }

  /**
   * Something has come while it waits to be closed until the client has taken what was sent to it. Nothing more is read before the end:
   * Engine.IO drops what comes, and tells nobody, so that no pace holds it.
   */
  tookWhileClosing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.hold();
  }

  /** Ends it at once, so that its client reconnects. For a client that may not read. */
  cut(): void {
    this.raw.close(true);
    // A transport is closed once: one that is to tell a client that polls goes on waiting for it to ask, for half a minute.
    if (this.raw.readyState === "closing") this.raw.transport.emit("close");
    this.webSocket?.terminate();
    for (const answer of this.answers ?? []) answer.destroy();
  }

  /** It has ended: waiting events are dropped, and its WebSocket is read on for the client's goodbye. */
  ended(): void {
    this.jobs = [];
    this.#holds = 0;
    this.candidate?.terminate();
    if (this.webSocket !== undefined) boundLastWords(this.webSocket);
    this.#readOn();
  }

  #readOn(): void {
    this.webSocket?.resume();
    this.#waiting?.read();
    this.#waiting = undefined;
  }
}

/**
 * Cuts a WebSocket that is being closed when more comes than a client has on its way: one that goes on would be read, as fast as it sends,
 * until it says goodbye.
 */
function boundLastWords(webSocket: WebSocket): void {
  let left = LAST_WORDS_BYTES;
  const take = (data: RawData): void => {
    left -= FRAME_WEIGHT_BYTES + ("byteLength" in data ? data.byteLength : 0);
    if (left < 0) webSocket.terminate();
  };
  for (const event of ["message", "ping", "pong"] as const) webSocket.on(event, take);
}
