import { AppError } from "../errors.js";
import type { Logger } from "../logger.js";
import { parse } from "../validation.js";
import type { Ack, ClientEventName, createClientEvents, Payload, Refusal } from "./events.js";
import type { IoSocket } from "./io.js";

/** What a handler adds to `{ok: true}` in the acknowledgement. */
type Result = object | undefined;

/** One handler per event of the contract. It may be async; what it throws refuses the event. */
export type Handlers = {
  readonly [Name in ClientEventName]: (socket: IoSocket, payload: Payload<Name>) => Result | Promise<Result>;
};

type Schemas = ReturnType<typeof createClientEvents>;

/**
 * Lets a connection call the handlers. Whatever a client sends ends in an acknowledgement (if it asked for one) and
 * never in an exception: an unknown event, a payload of the wrong form, a handler that throws.
 */
export function bindHandlers(socket: IoSocket, schemas: Schemas, handlers: Handlers, log: Logger): void {
  const names = Object.keys(handlers) as ClientEventName[];

  // A catch-all rather than one listener per event, so that unknown events are answered by the same code.
  socket.onAny((event: string, ...args: unknown[]) => {
    const ack = takeAck(args);
    const name = names.find((known) => known === event);
    handle(name, args[0])
      .then((result) => ack?.({ ok: true, ...result }))
      .catch((error: unknown) => ack?.(refusal(error, event)));
  });

  async function handle(name: ClientEventName | undefined, payload: unknown): Promise<Result> {
    if (name === undefined) throw new AppError("unknown_event");
    return call(name, payload);
  }

  function call<Name extends ClientEventName>(name: Name, payload: unknown): Result | Promise<Result> {
    return handlers[name](socket, parse(schemas[name], payload) as Payload<Name>);
  }

  function refusal(error: unknown, event: string): Refusal {
    const known = error instanceof AppError ? error : new AppError("internal", undefined, { cause: error });
    const level = known.code === "internal" || known.code === "temporary" ? "error" : "debug";
    log[level]({ session: socket.id, event: event.slice(0, 64), err: known.cause ?? known }, "event refused");
    return { ok: false, error: known.body };
  }
}

function takeAck(args: unknown[]): Ack | undefined {
  return typeof args.at(-1) === "function" ? (args.pop() as Ack) : undefined;
}
