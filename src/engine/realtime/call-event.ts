import type { Caller, Decide } from "../../contract/access.js";
import { errorsOfEvent, onlyDeclared } from "../../contract/error-schema.js";
import { AppError } from "../../contract/errors.js";
import type { ClientEvent, EventTools } from "../../contract/event.js";
import type { Passport } from "../../contract/passport.js";
import { chargeMessages } from "../trust/limits/charge.js";
import type { Limits } from "../trust/limits/limits.js";
import { type Deliver, SocketClient, userOf } from "./clients.js";
import type { IoSocket } from "./io.js";
import type { Admittance, WayIn } from "./rights/admittance.js";
import type { Rechecks } from "./rights/rechecks.js";

/** What calling needs besides the event. */
export interface CallParts {
  readonly decide: Decide;
  readonly admittance: Pick<Admittance, "admit" | "leave">;
  readonly rechecks: Pick<Rechecks, "refused">;
  readonly deliver: Deliver;
  readonly rates: Pick<Limits, "events" | "messages">;
  /** Whether what a handler gives is held against what is declared, which costs more than sending it: for development and tests. */
  readonly check: boolean;
}

/**
 * Decides whether the client may send this event, and calls its handler; gives the acknowledgement, or undefined when `acknowledge` was
 * called. There is no other way to a handler.
 * @throws {AppError} `rate_limited`, `forbidden`, `too_many_rooms`, what the payload's schema and the handler throw.
 */
export type CallEvent = (
  socket: IoSocket,
  event: ClientEvent,
  payload: unknown,
  acknowledge: (result: object) => void,
) => Promise<object | undefined>;

/** Under what the events of a connection count: its user, or the connection where there is none. No user's name has a slash. */
export function payerKey({ id, data }: IoSocket): string {
  return data.passport.user ?? `/${id}`;
}

/** For events whose declaration names no channel to enter. */
const NO_WAY_IN: WayIn = { enter: () => false, exit: () => {}, isWithdrawn: () => false };

export function createCallEvent(parts: CallParts): CallEvent {
  const { decide, admittance, rechecks, deliver, rates, check } = parts;
  return async (socket, event, raw, acknowledge) => {
    const { access } = event;
    const payload = event.read(raw);
    const user = userOf(socket);
    const left = event.leaves(payload, user);
    if (left !== undefined) admittance.leave(socket, left);
    const caller = new SocketCaller(socket);
    const asked = access.kind === "ruled" ? access.asked(payload as never) : undefined;
    const channel = event.enters(payload, user);

    async function run(entry: WayIn): Promise<object | undefined> {
      const confirm = await decide(access, caller, payload).catch(async (error: unknown) => {
        const isRefused = error instanceof AppError && error.code === "forbidden";
        if (isRefused && asked !== undefined) await rechecks.refused(socket, asked);
        throw error;
      });
      // Not before: a room's rate is not used up by those who may not publish to it.
      const published = event.publishes(payload);
      if (published.length > 0)
        chargeMessages(published, rates.messages, { limit: rates.events, key: payerKey(socket) });
      const client = new SocketClient(socket, deliver);
      const answer = (result: object): void => {
        if (!entry.isWithdrawn()) acknowledge(result);
      };
      const tools = { user, client, entry, acknowledge: answer };
      const result = await (check ? handleChecked(event, payload, tools) : event.handle(payload, tools));
      // What enters a channel is asked about by rechecks, from before the decision on.
      if (channel === undefined) await confirm();
      return result;
    }

    // The entry is open before the decision, which may take a while: what the client leaves meanwhile it is not let into.
    return channel === undefined ? run(NO_WAY_IN) : admittance.admit(socket, channel, asked, run);
  };
}

/**
 * Who sends an event. A class: of an object with a getter of its own V8 makes a hidden class for each, which keeps the event from being collected
 * with the young objects.
 */
class SocketCaller implements Caller {
  readonly #socket: IoSocket;
  readonly isOperator = false;

  constructor(socket: IoSocket) {
    this.#socket = socket;
  }

  get passport(): Passport {
    return this.#socket.data.passport;
  }
}

/** Gives only what is declared; anything else is an error of the log. */
async function handleChecked(
  event: ClientEvent,
  payload: unknown,
  { acknowledge, ...tools }: EventTools,
): Promise<object | undefined> {
  let isAcknowledged = false;
  const checked = (result: object): void => {
    isAcknowledged = true;
    event.ack.parse(result);
    acknowledge(result);
  };
  try {
    const result = await event.handle(payload, { ...tools, acknowledge: checked });
    if (!isAcknowledged) event.ack.parse(result ?? {});
    return result;
  } catch (error) {
    throw onlyDeclared(error, errorsOfEvent(event), `The event "${event.name}"`);
  }
}
