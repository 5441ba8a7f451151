import type { Request, Response } from "express";
import { AppError } from "../../contract/errors.js";
import type { Opened, SendEvents } from "../../contract/stream.js";
import type { Component } from "../process/lifecycle.js";
import { StreamWriter } from "./stream-writer.js";

/** Time between two signs of life on a quiet stream, in milliseconds; proxies end what is silent for 60 s. Rights are looked at again, too. */
const HEARTBEAT_MS = 15_000;
/** Node's longest time of a timer, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a worker's streams may take. */
export interface StreamLimits {
  /** Of one user; 0 for as many as he likes. */
  readonly perUser: number;
  /** Of all, as things are now. */
  most(): number;
  /** Age at which a stream is ended, for clients to come to instances that were added since, ±10 %; 0 for never. In milliseconds. */
  readonly maxAgeMs: number;
  /** Hears of a stream that was refused because of its user's others. */
  refused(): void;
  /** Hears of what went wrong in a stream, but for what its client is told. */
  failed(error: unknown): void;
}

/** A stream that may begin, and for whom. */
export interface StreamOf extends Opened {
  readonly user: string | undefined;
}

/**
 * Answers with server-sent events (HTML standard, section 9.2). Each stream is written to as fast as its client reads, and its end is told
 * by an event `closed` with an error, but for the end of the worker: then clients just come back.
 */
export interface EventStreams extends Component {
  /** How many are open. */
  count(): number;
  /** Resolves when the stream has ended. @throws {AppError} as long as nothing was sent: `too_many_connections`, `temporary`, what the stream throws. */
  serve(stream: StreamOf, request: Request, response: Response): Promise<void>;
  /** Ends all of them, spread over `windowMs`, and from now on every one that begins: browsers give up for good on any status but 200. */
  drain(windowMs: number): void;
}

export function createEventStreams(limits: StreamLimits): EventStreams {
  const writers = new Set<StreamWriter>();
  const counts = new Map<string, number>();
  let draining = false;

  function enter(user: string | undefined): () => void {
    if (writers.size >= limits.most()) throw new AppError("temporary", "No new streams here now (full)");
    if (user === undefined) return () => {};
    const count = counts.get(user) ?? 0;
    if (limits.perUser > 0 && count >= limits.perUser) {
      limits.refused();
      throw new AppError("too_many_connections");
    }
    counts.set(user, count + 1);
    return () => {
      const left = (counts.get(user) ?? 0) - 1;
      if (left > 0) counts.set(user, left);
      else counts.delete(user);
    };
  }

  async function serve(stream: StreamOf, request: Request, response: Response): Promise<void> {
    const leave = enter(stream.user);
    const writer = new StreamWriter(response);
    const { signal } = writer;
    function closeWith(error: unknown): void {
      if (!(error instanceof AppError)) limits.failed(error);
      writer.end(error);
    }
    const send: SendEvents = async (events) => {
      await stream.confirm();
      await writer.write(events);
    };
    writers.add(writer);
    // What cannot be decided now costs nobody a quiet stream.
    const isOver = (error: unknown): void => {
      if (!(error instanceof AppError && error.code === "temporary")) closeWith(error);
    };
    const heartbeat = setInterval(() => stream.confirm().then(() => writer.beat(), isOver), HEARTBEAT_MS);
    const age = limits.maxAgeMs * (0.9 + 0.2 * Math.random());
    const old = age > 0 ? setTimeout(() => writer.end(), Math.min(age, LONGEST_TIMER_MS)) : undefined;
    try {
      if (!draining && request.method !== "HEAD") await stream.run(send, signal);
      writer.end();
    } catch (error) {
      if (!writer.hasBegun) throw error;
      if (!signal.aborted) closeWith(error);
    } finally {
      clearInterval(heartbeat);
      clearTimeout(old);
      writers.delete(writer);
      leave();
    }
  }

  return {
    name: "event streams",
    count: () => writers.size,
    serve,
    drain(windowMs) {
      draining = true;
      for (const writer of writers) setTimeout(() => writer.end(), Math.random() * windowMs);
    },
    async start() {},
    async stop() {
      draining = true;
      for (const writer of writers) writer.end();
    },
  };
}
