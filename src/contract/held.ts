import type { z } from "zod";
import { errorsOfEvent, errorsOfRoute } from "./error-schema.js";
import { AppError, type ErrorCode } from "./errors.js";
import type { ClientEvent } from "./event.js";
import type { Declared } from "./feature.js";
import type { Route } from "./route.js";

/**
 * The same, but what handlers give and throw is held against what was declared, and is an error on our side where it differs. It costs
 * more than sending it: for development and tests.
 */
export function held(declared: Declared): Declared {
  const { routes = [], events = [] } = declared;
  return { ...declared, routes: routes.map(heldRoute), events: events.map(heldEvent) };
}

function heldRoute(route: Route): Route {
  const where = `${route.method} ${route.path}`;
  const codes = errorsOfRoute(route);
  return {
    ...route,
    async answer(...request) {
      const answer = await ofThese(codes, where, () => route.answer(...request));
      fits(route.reply, answer.reply, where);
      return answer;
    },
  };
}

function heldEvent(event: ClientEvent): ClientEvent {
  const where = `"${event.name}"`;
  const codes = errorsOfEvent(event);
  return {
    ...event,
    async handle(payload, tools) {
      let isAcknowledged = false;
      const acknowledge = (result: object): void => {
        isAcknowledged = true;
        fits(event.ack, result, where);
        tools.acknowledge(result);
      };
      const result = await ofThese(codes, where, async () =>
        event.handle(payload, { ...tools, acknowledge }),
      );
      if (!isAcknowledged) fits(event.ack, result ?? {}, where);
      return result;
    },
  };
}

function fits(schema: z.ZodType, value: unknown, where: string): void {
  const { success, error } = schema.safeParse(value);
  if (!success) throw new Error(`The answer of ${where} is not what it declares: ${error.message}`);
}

async function ofThese<Result>(
  codes: readonly ErrorCode[],
  where: string,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AppError) || codes.includes(error.code)) throw error;
    throw new Error(`${where} throws "${error.code}", which is not among the \`errors\` that it declares`, {
      cause: error,
    });
  }
}
