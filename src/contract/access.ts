import { AppError, type ErrorCode } from "./errors.js";
import type { Asked, Operation, RoomOperation, ServerOperation } from "./operations.js";
import type { Passport } from "./passport.js";

/** No caller is asked for: an anonymous one is let in. */
export interface AnyoneAccess {
  readonly kind: "anyone";
}

/** The caller says who he is. */
export interface UserAccess {
  readonly kind: "user";
}

/** Operators only: the entry is served on the private port alone. */
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
  readonly asked: (input: Input) => Asked;
}

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

/**
 * A rule of the application: resolves when this user may do it, rejects with `AppError("forbidden")` when not, with a message that
 * says why, or with `temporary` when it cannot be known now. It is asked before each operation, over Socket.IO and HTTP alike.
 */
export type Rule = (user: string, asked: Asked) => void | Promise<void>;

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

/** Who asks. */
export interface Caller {
  readonly passport: Passport;
  /** Whether the request came to the private port. */
  readonly isOperator: boolean;
}

/**
 * The one decision for every way in. Resolves when the caller may do this with this input.
 * @throws {AppError} `forbidden`.
 */
export type Decide = (access: Access, caller: Caller, input: unknown) => Promise<void>;

export function createDecide(rule: Rule): Decide {
  return async (access, { passport, isOperator }, input) => {
    const { kind, user } = passport;
    switch (access.kind) {
      case "anyone":
        return;
      case "operator":
        if (!isOperator) throw new AppError("forbidden");
        return;
      case "user":
        if (user === undefined) throw new AppError("forbidden");
        return;
      case "key":
        if (kind !== "key" || !passport.may(askedOf(access, input))) throw new AppError("forbidden");
        return;
      case "ruled": {
        const asked = askedOf(access, input);
        if (user === undefined || !passport.may(asked)) throw new AppError("forbidden");
        await rule(user, asked);
      }
    }
  };
}

/** The declaration's own types have seen to it that its input fits. */
function askedOf(access: RuledAccess | KeyAccess, input: unknown): Asked {
  return (access as RuledAccess<unknown> | KeyAccess<unknown>).asked(input);
}
