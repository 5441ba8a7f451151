import { setMaxListeners } from "node:events";
import type { Response } from "express";
import { AppError } from "../../contract/errors.js";
import { isEvent, type StreamedEvent } from "../../contract/stream.js";

/** Shortest and longest time after which clients come back, in milliseconds, so that those of one worker do not come together. */
const RETRY_MS = [1000, 4000] as const;

/** Writes one stream of server-sent events. */
export class StreamWriter {
  readonly #response: Response;
  readonly #ending = new AbortController();
  #hasBegun = false;

  constructor(response: Response) {
    this.#response = response;
    // A rule may be asked many times before it answers, each time with a listener.
    setMaxListeners(0, this.#ending.signal);
    response.once("close", () => this.#ending.abort());
    // Up to Node 22 an answer whose turn has not come when its connection ends does not say so.
    if (response.destroyed || response.req.socket.destroyed) this.#ending.abort();
  }

  /** Given when the stream has ended, or its client has gone. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves with the question, or at once when the stream ends. */
  async unlessOver(question: Promise<unknown>): Promise<void> {
    const { signal } = this;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    try {
      await Promise.race([question, over]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  /** Nothing was sent, and somebody else answers. */
  abandon(): void {
    this.#ending.abort();
  }

  /** Resolves when the client has taken what waits, or the stream has ended. */
  async write(events: readonly StreamedEvent[]): Promise<void> {
    if (this.signal.aborted) return;
    this.#begin();
    const text = events.map(toText).join("");
    if (text !== "" && !this.#response.write(text)) await this.#taken();
  }

  /** A comment, which clients pass over; where something waits to be taken, none. */
  beat(): void {
    const isQuiet = this.#hasBegun && !this.signal.aborted && this.#response.writableLength === 0;
    if (isQuiet) this.#response.write(":\n\n");
  }

  /** At once, with an error or without. May be repeated. */
  end(error?: unknown): void {
    if (this.signal.aborted) return;
    this.#begin();
    if (error !== undefined) this.#response.write(closed(error));
    this.#ending.abort();
    this.#response.end();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#response.status(200).set({
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      // nginx would collect what is small.
      "X-Accel-Buffering": "no",
    });
    const [shortest, longest] = RETRY_MS;
    this.#response.write(`retry: ${Math.round(shortest + Math.random() * (longest - shortest))}\n\n`);
  }

  #taken(): Promise<void> {
    const { signal } = this;
    const response = this.#response;
    return new Promise((resolve) => {
      function done(): void {
        response.off("drain", done);
        signal.removeEventListener("abort", done);
        resolve();
      }
      response.on("drain", done);
      signal.addEventListener("abort", done);
    });
  }
}

function closed(error: unknown): string {
  const { body } = error instanceof AppError ? error : new AppError("internal");
  return `event: closed\ndata: ${JSON.stringify(body)}\n\n`;
}

/** Without data it is no event for clients, but their place from now on. */
function toText(streamed: StreamedEvent): string {
  const place = `id: ${streamed.id}\n`;
  if (!isEvent(streamed)) return `${place}\n`;
  const { event, data } = streamed;
  return `${place}${event === "message" ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}
