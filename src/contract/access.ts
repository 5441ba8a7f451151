import { AppError, type ErrorCode } from "./errors.js";
import {
  type Asked,
  type Operation,
  READING,
  type RoomOperation,
  type ServerOperation,
} from "./operations.js";
import type { Passport } from "./passport.js";

/** No caller is asked for: an anonymous one is let in. */
export interface AnyoneAccess {
  readonly kind: "anyone";
}

/** The caller says who he is. */
export interface UserAccess {
  readonly kind: "user";
}

/** Operators only: with a key that may `operate`, and on the private port anybody without API_KEYS and API_KEYS_FILE. */
export interface OperatorAccess {
  readonly kind: "operator";
}

/** A user whose capabilities and the application's rule allow what he asks for; `operations` are all that it can be. */
export interface RuledAccess<Input = never> {
  readonly kind: "ruled";
  readonly operations: readonly Operation[];
  readonly asked: (input: Input) => Asked;
}

/** A key of the server API whose capabilities allow what is asked; `operations` are all that it can be. Rules have no say. */
export interface KeyAccess<Input = never> {
  readonly kind: "key";
  readonly operations: readonly Operation[];
  /** Undefined where the body says it: then the handler asks the passport for each item, by `mustAllow`. */
  readonly asked: (input: Input) => Asked | undefined;
}

/** Who asks, where the access wants a user. */
export type UserOf<Way> = Way extends UserAccess | RuledAccess ? string : undefined;

/** Who may call a route or an event with this input. Every declaration has one. */
export type Access<Input = never> =
  | AnyoneAccess
  | UserAccess
  | OperatorAccess
  | RuledAccess<Input>
  | KeyAccess<Input>;

export const anyone: AnyoneAccess = { kind: "anyone" };
export const user: UserAccess = { kind: "user" };
export const operator: OperatorAccess = { kind: "operator" };

/** Whoever may do this in the room that the input names. */
export function room(operation: RoomOperation): RuledAccess<{ readonly room: string }> {
  return { kind: "ruled", operations: [operation], asked: (input) => ({ operation, room: input.room }) };
}

/** Whoever may do what the input asks for, which is one of `operations`. */
export function ruled<Input>(
  operations: readonly Operation[],
  asked: (input: Input) => Asked,
): RuledAccess<Input> {
  return { kind: "ruled", operations, asked };
}

/** A key that may do this, which concerns no room. */
export function key(operation: ServerOperation): KeyAccess<unknown> {
  return { kind: "key", operations: [operation], asked: () => ({ operation }) };
}

/** A key that may do this in the room that the input names. */
export function keyInRoom(operation: RoomOperation): KeyAccess<{ readonly room: string }> {
  return { kind: "key", operations: [operation], asked: (input) => ({ operation, room: input.room }) };
}

/** Any key: what it does with these operations is said by the body, and judged by the handler for each item. */
export function keyForItems(operations: readonly Operation[]): KeyAccess<unknown> {
  return { kind: "key", operations, asked: () => undefined };
}

/** @throws {AppError} `forbidden` unless the passport allows it. */
export function mustAllow(passport: Passport, asked: Asked): void {
  if (!passport.may(asked)) throw new AppError("forbidden");
}

/**
 * A rule of the application: resolves when this user may do it, rejects with `AppError("forbidden")` when not, with a message that
 * says why, or with `temporary` when it cannot be known now. It is asked before each operation, over Socket.IO and HTTP alike.
 */
export type Rule = (user: string, asked: Asked) => void | Promise<void>;

/** A rule whose answers hold for a while: on each worker, by user and what is asked. What is `temporary` is not kept, nor what fails. */
export interface CachedRule {
  readonly ask: Rule;
  /** Time for which an answer holds, 1 to 3,600,000 ms, unless a recheck concerns it: then it is asked for again at once. */
  readonly cacheMs: number;
}

/** What rules may refuse with: it is documented for each way in that asks them. */
const REFUSALS: readonly ErrorCode[] = ["forbidden", "temporary"];

/** All of them must allow it; they are asked in their order. Without any, everybody may do everything. */
export function allOf(rules: readonly Rule[]): Rule {
  return async (user, asked) => {
    try {
      for (const rule of rules) await rule(user, asked);
    } catch (error) {
      if (!(error instanceof AppError) || REFUSALS.includes(error.code)) throw error;
      const reason = `A rule refuses "${asked.operation}" with "${error.code}": only ${REFUSALS.join(" and ")} may be`;
      throw new AppError("internal", undefined, { cause: new Error(reason, { cause: error }) });
    }
  };
}

/** What a right that may have ended concerns: a room, a user, both, or with neither everything. */
export interface RightsScope {
  readonly room?: string | undefined;
  readonly user?: string | undefined;
}

/** Takes back rights of connections that live. */
export interface Rights {
  /**
   * To be called after the rule has changed its mind. Asks again for everything that connections have by it, and what is not allowed
   * any more ends. Resolves once that is done on this worker, and every other one will do it: at once while the bus is up, otherwise
   * within 3 s. May be repeated.
   * @throws {AppError} `temporary` when the database is away: done here, and told to those whom the bus reaches. Call again.
   */
  recheck(scope: RightsScope): Promise<void>;
}

/** Who asks. */
export interface Caller {
  /** Of a connection it may be another one after a wait. */
  readonly passport: Passport;
  /** Whether an operator asks. */
  readonly isOperator: boolean;
}

/**
 * To be called before what was read is shown: while it was read, the right may have ended. Costs nothing unless a right may have ended
 * since the decision; then it asks again. @throws {AppError} as {@link Decide}.
 */
export type Confirm = () => void | Promise<void>;

/**
 * The one decision for every way in. Resolves when the caller may do this with this input.
 * @throws {AppError} `forbidden`; what the rule throws.
 */
export type Decide = (access: Access, caller: Caller, input: unknown) => Promise<Confirm>;

/** What was allowed and shows nothing goes through. */
const CONFIRMED: Confirm = () => {};

/** `revision` is another number whenever rules may answer otherwise than before. */
export function createDecide(rule: Rule, revision: () => number = () => 0): Decide {
  return async (access, caller, input) => {
    const { passport } = caller;
    switch (access.kind) {
      case "anyone":
        return CONFIRMED;
      case "operator":
        if (!caller.isOperator) throw new AppError("forbidden");
        return CONFIRMED;
      case "user":
        if (passport.user === undefined) throw new AppError("forbidden");
        return CONFIRMED;
      case "key":
        if (passport.kind !== "key") throw new AppError("forbidden");
        allowAsked(passport, (access as KeyAccess<unknown>).asked(input));
        return CONFIRMED;
      case "ruled": {
        // The declaration's own types have seen to it that its input fits.
        const asked = (access as RuledAccess<unknown>).asked(input);
        const before = revision();
        await ask(passport, asked);
        if (!READING.includes(asked.operation)) return CONFIRMED;
        return () =>
          before === revision() && passport === caller.passport ? undefined : ask(caller.passport, asked);
      }
    }
  };

  async function ask(passport: Passport, asked: Asked): Promise<void> {
    const { user } = passport;
    if (user === undefined || !passport.may(asked)) throw new AppError("forbidden");
    await rule(user, asked);
  }
}

/** As {@link Decide} of what is asked, with false for what is forbidden. */
export async function isAllowed(decide: Decide, passport: Passport, asked: Asked): Promise<boolean> {
  try {
    await decide(
      ruled([asked.operation], () => asked),
      { passport, isOperator: false },
      undefined,
    );
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "forbidden") return false;
    throw error;
  }
}

/** Where nothing is asked yet, the handler will. */
function allowAsked(passport: Passport, asked: Asked | undefined): void {
  if (asked !== undefined) mustAllow(passport, asked);
}
