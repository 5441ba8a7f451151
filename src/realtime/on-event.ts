import { AppError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EventMetrics } from "../metrics/types.js";
import { parse } from "../validation.js";
import type { Connections } from "./connections/connections.js";
import { sessionIdOf } from "./connections/connections.js";
import type { Intake } from "./connections/intake.js";
import type { Ack, ClientEventName, createClientEvents, Payload, Refusal } from "./events.js";
import type { IoSocket } from "./io.js";

/** What a handler adds to `{ok: true}` in the acknowledgement. */
type Result = object | undefined;

/** Acknowledges with `{ok: true}` and the result. */
type Accept = (result: Result) => void;

/**
 * One handler per event of the contract. It may be async; what it throws refuses the event. `answer` acknowledges at
 * once, for a handler whose answer must not be later than something it does; what it returns is ignored then.
 */
export type Handlers = {
  readonly [Name in ClientEventName]: (
    socket: IoSocket,
    payload: Payload<Name>,
    answer: Accept,
  ) => Result | Promise<Result>;
};

type Schemas = ReturnType<typeof createClientEvents>;

/** What all connections have in common. */
export interface EventParts {
  readonly schemas: Schemas;
  readonly handlers: Handlers;
  readonly connections: Connections;
  readonly intake: Intake;
  readonly metrics: Pick<EventMetrics, "received" | "handled">;
  readonly log: Logger;
}

/**
 * What lets connections call the handlers: to be called with each. Whatever a client sends ends in an acknowledgement (if it
 * asked for one) and never in an exception: an unknown event, a payload of the wrong form, a handler that throws.
 */
export function createDispatch({
  schemas,
  handlers,
  connections,
  intake,
  metrics,
  log,
}: EventParts): (socket: IoSocket) => void {
  const names = Object.keys(handlers) as ClientEventName[];
  const unknown: Refusal = { ok: false, error: new AppError("unknown_event").body };

  // A catch-all rather than one listener per event, so that unknown events are answered by the same code; one function
  // for all connections, as each would cost memory. Its types say that an event is a string; the protocol allows numbers, too.
  function onEvent(this: IoSocket, event: unknown, ...args: unknown[]): void {
    const connection = connections.get(sessionIdOf(this));
    if (connection === undefined) return; // it is over
    const name = names.find((known) => known === event);
    const startedAt = performance.now();
    const answer = answerOnce(takeAck(args), () => metrics.handled(name, performance.now() - startedAt));
    metrics.received(name);
    intake.take(connection, async () => {
      if (name === undefined) answer(unknown);
      else await handle(this, name, args[0], answer);
    });
  }

  async function handle(
    socket: IoSocket,
    name: ClientEventName,
    payload: unknown,
    answer: Ack,
  ): Promise<void> {
    const accept: Accept = (result) => answer({ ok: true, ...result });
    try {
      accept(await call(socket, name, payload, accept));
    } catch (error) {
      answer(refusal(socket, error, name));
    }
  }

  function call<Name extends ClientEventName>(
    socket: IoSocket,
    name: Name,
    payload: unknown,
    accept: Accept,
  ): Result | Promise<Result> {
    return handlers[name](socket, parse(schemas[name], payload) as Payload<Name>, accept);
  }

  function refusal(socket: IoSocket, error: unknown, event: ClientEventName): Refusal {
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
