import { AppError, type ErrorBody } from "../../contract/errors.js";
import type { ClientEvent } from "../../contract/event.js";
import type { EventMetrics } from "../metrics/types.js";
import type { Logger } from "../process/logger.js";
import { rateLimitedBody } from "../trust/limits/rate-limit.js";
import { type CallParts, createCallEvent, payerKey } from "./call-event.js";
import type { Connections } from "./connections/connections.js";
import { sessionIdOf } from "./connections/connections.js";
import type { Intake } from "./connections/intake.js";
import type { IoSocket } from "./io.js";
import type { RefusalWatch } from "./refusal-watch.js";

/** How a request event is refused. */
interface Refusal {
  readonly ok: false;
  readonly error: ErrorBody;
}

/** Answers a request event, if it carries an acknowledgement callback. */
type Ack = (answer: { readonly ok: true } | Refusal) => void;

/** Calls the handler of an event and answers it; gives the code with which it was refused. */
export type AnswerEvent = (
  socket: IoSocket,
  event: ClientEvent,
  payload: unknown,
  answer: Ack,
) => Promise<string | undefined>;

/** What all connections have in common. */
export interface DispatchParts extends CallParts {
  readonly events: readonly ClientEvent[];
  readonly connections: Connections;
  readonly intake: Intake;
  readonly refusals: RefusalWatch;
  readonly metrics: Pick<EventMetrics, "received" | "handled">;
  /** Makes traces of it; absent where none are made. */
  readonly traced?: ((answer: AnswerEvent) => AnswerEvent) | undefined;
  readonly log: Logger;
}

/**
 * What lets connections call the handlers: to be called with each. Whatever a client sends ends in an acknowledgement (if it
 * asked for one) and never in an exception: an unknown event, a payload of the wrong form, a handler that throws.
 */
export function createDispatch(parts: DispatchParts): (socket: IoSocket) => void {
  const { connections, intake, refusals, rates, metrics, log } = parts;
  const { traced = (untraced) => untraced } = parts;
  const callEvent = createCallEvent(parts);
  const handle = traced(answerEvent);
  const events = new Map<unknown, ClientEvent>(parts.events.map((event) => [event.name, event]));
  const unknown: Refusal = { ok: false, error: new AppError("unknown_event").body };

  // A catch-all rather than one listener per event, so that unknown events are answered by the same code; one function
  // for all connections, as each would cost memory. Its types say that an event is a string; the protocol allows numbers, too.
  function onEvent(this: IoSocket, name: unknown, ...args: unknown[]): void {
    const connection = connections.get(sessionIdOf(this));
    if (connection === undefined || refusals.isGivenUp(connection)) return; // it is over
    const event = events.get(name);
    const startedAt = performance.now();
    const answer = answerOnce(takeAck(args), () =>
      metrics.handled(event?.name, performance.now() - startedAt),
    );
    metrics.received(event?.name);
    // Before it waits for its turn, and before anything of it is read: who sends too much costs others as little as can be.
    const waitMs = rates.events.take(payerKey(this));
    if (waitMs > 0) {
      answer({ ok: false, error: rateLimitedBody(waitMs) });
      refusals.refused(connection);
      return;
    }
    intake.take(connection, async () => {
      if (event === undefined) answer(unknown);
      else await handle(this, event, args[0], answer);
    });
  }

  async function answerEvent(
    socket: IoSocket,
    event: ClientEvent,
    payload: unknown,
    answer: Ack,
  ): Promise<string | undefined> {
    const acknowledge = (result: object | undefined): void => answer({ ok: true, ...result });
    try {
      acknowledge(await callEvent(socket, event, payload, acknowledge));
      return undefined;
    } catch (error) {
      const refused = refusal(socket, error, event.name);
      answer(refused);
      if (error instanceof AppError && error.code === "rate_limited") countRefusal(socket);
      return refused.error.code;
    }
  }

  function countRefusal(socket: IoSocket): void {
    const connection = connections.get(sessionIdOf(socket));
    if (connection !== undefined) refusals.refused(connection);
  }

  function refusal(socket: IoSocket, error: unknown, event: string): Refusal {
    const known = error instanceof AppError ? error : new AppError("internal", undefined, { cause: error });
    // What is temporary comes in crowds, during an outage that the stores have told of.
    const level = known.code === "internal" ? "error" : "debug";
    log[level]({ session: socket.id, event, err: known.cause ?? known }, "event refused");
    return { ok: false, error: known.body };
  }

  return (socket) => void socket.onAny(onEvent);
}

function takeAck(args: unknown[]): Ack | undefined {
  return typeof args.at(-1) === "function" ? (args.pop() as Ack) : undefined;
}

/** Only the first answer counts; none is sent if the client did not ask for any. */
function answerOnce(ack: Ack | undefined, onAnswer: () => void): Ack {
  let answered = false;
  return (answer) => {
    if (answered) return;
    answered = true;
    ack?.(answer);
    onAnswer();
  };
}
