import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Request, Response } from "express";
import type { RightsScope } from "../../contract/access.js";
import { AppError } from "../../contract/errors.js";
import type { Opened, SendEvents } from "../../contract/stream.js";
import type { Component } from "../process/lifecycle.js";
import { inTime } from "../process/wait-at-most.js";
import { RULE_ANSWER_MS } from "../trust/rules.js";
import { StreamWriter } from "./stream-writer.js";

declare global {
  namespace Express {
    interface Locals {
      /** The answer is a stream, whose client may go at any time. */
      isStream?: boolean;
    }
  }
}

/** Time between two signs of life on a quiet stream, in milliseconds; proxies end what is silent for 60 s. Rights are looked at again, too. */
const HEARTBEAT_MS = 15_000;
/** Node's longest time of a timer, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How many streams are asked about at a time when a right may have ended. */
const PARALLEL = 32;
/** Time between two looks whether a drain is over, in milliseconds. */
const LOOK_EVERY_MS = 50;

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
  /** Whether the token is still good. @throws {AppError} what says why not. */
  confirmToken(): void;
}

/** A stream that is open, as operators see it. */
export interface OpenStream {
  readonly id: string;
  readonly room: string | undefined;
  /** By the wall clock, in milliseconds since 1970. */
  readonly sinceMs: number;
}

interface Place extends OpenStream {
  readonly stream: StreamOf;
  readonly writer: StreamWriter;
}

/**
 * Answers with server-sent events (HTML standard, section 9.2). Each stream is written to as fast as its client reads, and its end is told
 * by an event `closed` with an error, but where clients are to come back by themselves.
 */
export interface EventStreams extends Component {
  /** How many are open. */
  count(): number;
  /** Those of a user. */
  of(user: string): readonly OpenStream[];
  /** Resolves when the stream has ended. @throws {AppError} as long as nothing was sent: `too_many_connections`, `temporary`, what the stream throws. */
  serve(stream: StreamOf, request: Request, response: Response): Promise<void>;
  /** Ends those of a user, or of him in one room, with an error or without. Gives how many they were. */
  endOf(scope: { readonly user: string; readonly room?: string }, error?: AppError): number;
  /** Looks at the tokens of all: one may have been revoked. */
  lookAtTokens(): void;
  /** Asks again about those of the scope: a right may have ended. Never rejects. */
  recheck(scope: RightsScope): Promise<void>;
  /**
   * Ends each at a random moment of the window, those too that begin meanwhile: they are served, as browsers give up for good on any status but
   * 200, and would come back at once. Resolves when none is left, or the window is over.
   */
  drain(windowMs: number): Promise<void>;
}

export function createEventStreams(limits: StreamLimits): EventStreams {
  const places = new Set<Place>();
  const byUser = new Map<string | undefined, Set<Place>>();
  /** On the performance clock; undefined before the drain. */
  let drainEndsAtMs: number | undefined;
  let stopped = false;

  /** @throws {AppError} `temporary` where the worker is full, `too_many_connections` where its user has enough. */
  function takePlace(place: Place): void {
    const { user } = place.stream;
    const ofUser = byUser.get(user) ?? new Set();
    if (places.size >= limits.most()) throw new AppError("temporary", "No new streams here now (full)");
    if (user !== undefined && limits.perUser > 0 && ofUser.size >= limits.perUser) {
      limits.refused();
      throw new AppError("too_many_connections");
    }
    places.add(place);
    byUser.set(user, ofUser.add(place));
  }

  function leavePlace(place: Place): void {
    const { user } = place.stream;
    const ofUser = byUser.get(user);
    places.delete(place);
    ofUser?.delete(place);
    if (ofUser?.size === 0) byUser.delete(user);
  }

  function closeWith({ writer }: Place, error: unknown): void {
    if (!(error instanceof AppError)) limits.failed(error);
    writer.end(error);
  }

  /** Where it cannot be said, a stream stays: nothing is sent meanwhile. */
  async function ask(place: Place): Promise<void> {
    const { stream, writer } = place;
    try {
      // First, as it is known also when the rule does not know.
      stream.confirmToken();
      await writer.unlessOver(decided(stream.confirm()));
    } catch (error) {
      if (!(error instanceof AppError)) limits.failed(error);
      else if (error.code !== "temporary") writer.end(error);
    }
  }

  function endIn(ms: number, { writer }: Place): NodeJS.Timeout {
    return setTimeout(() => writer.end(), Math.min(ms, LONGEST_TIMER_MS)).unref();
  }

  /** Everything that goes on beside a stream, until it has ended: the place is free then, whatever its handler still waits for. */
  function watch(place: Place): void {
    const heartbeat = setInterval(() => void ask(place).then(() => place.writer.beat()), HEARTBEAT_MS);
    const ageMs = limits.maxAgeMs * (0.9 + 0.2 * Math.random());
    const ends = [
      ...(ageMs > 0 ? [endIn(ageMs, place)] : []),
      ...(drainEndsAtMs === undefined ? [] : [endIn(leftOf(drainEndsAtMs) * Math.random(), place)]),
    ];
    place.writer.signal.addEventListener("abort", () => {
      clearInterval(heartbeat);
      for (const end of ends) clearTimeout(end);
      leavePlace(place);
    });
  }

  async function serve(stream: StreamOf, request: Request, response: Response): Promise<void> {
    response.locals.isStream = true;
    const writer = new StreamWriter(response);
    if (stopped || request.method === "HEAD") return writer.end();
    if (writer.signal.aborted) return;
    const { room } = stream;
    const place: Place = { id: `stream-${randomUUID()}`, room, sinceMs: Date.now(), stream, writer };
    takePlace(place);
    watch(place);
    const send: SendEvents = async (events) => {
      await writer.unlessOver(decided(stream.confirm()));
      // In one tick with the writing.
      stream.confirmToken();
      await writer.write(events);
    };
    try {
      await stream.run(send, writer.signal);
      writer.end();
    } catch (error) {
      if (!writer.hasBegun && !writer.signal.aborted) {
        writer.abandon();
        throw error;
      }
      if (!writer.signal.aborted) closeWith(place, error);
    }
  }

  return {
    name: "event streams",
    count: () => places.size,
    of: (user) => [...(byUser.get(user) ?? [])],
    serve,
    endOf({ user, room }, error) {
      const meant = [...(byUser.get(user) ?? [])].filter((one) => room === undefined || one.room === room);
      for (const { writer } of meant) writer.end(error);
      return meant.length;
    },
    lookAtTokens() {
      for (const place of places) {
        try {
          place.stream.confirmToken();
        } catch (error) {
          closeWith(place, error);
        }
      }
    },
    async recheck({ user, room }) {
      const ofUser = user === undefined ? places : (byUser.get(user) ?? []);
      const isMeant = ({ stream }: Place): boolean =>
        room === undefined || stream.room === undefined || stream.room === room;
      const rest = [...ofUser].filter(isMeant).values();
      const run = async (): Promise<void> => {
        for (const place of rest) {
          await ask(place);
          await nextTurn(); // so that a rule that answers at once lets others get on
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, run));
    },
    async drain(windowMs) {
      drainEndsAtMs = performance.now() + windowMs;
      for (const place of places) endIn(Math.random() * windowMs, place);
      while (places.size > 0 && performance.now() < drainEndsAtMs)
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    },
    async start() {},
    async stop() {
      stopped = true;
      for (const { writer } of places) writer.end();
    },
  };
}

function leftOf(endsAtMs: number): number {
  return Math.max(0, endsAtMs - performance.now());
}

/** @throws {AppError} `temporary` when there is no answer in time; what the question throws. */
function decided(question: Promise<unknown>): Promise<unknown> {
  return inTime(question, RULE_ANSWER_MS, () => {
    throw new AppError("temporary");
  });
}
