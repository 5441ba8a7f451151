import { type RequestHandler, Router } from "express";
import type { Decide } from "../../contract/access.js";
import { errorsOfRoute, onlyDeclared } from "../../contract/error-schema.js";
import type { Route } from "../../contract/route.js";
import { isEvent, type Opened, type Stream } from "../../contract/stream.js";
import type { Authenticator } from "../trust/authenticator.js";
import type { Limits } from "../trust/limits/limits.js";
import { allowOnly } from "./allow-only.js";
import { type CallerParts, callerOf } from "./caller.js";
import type { EventStreams } from "./event-streams.js";
import { metered } from "./request-limits.js";

/** What every route is served with. */
export interface RouteParts extends CallerParts {
  readonly authenticator: Pick<Authenticator, "ofRequest" | "ofStream" | "confirm">;
  readonly decide: Decide;
  readonly limits: Limits;
  /** Whether each reply is held against what is declared, which costs more than sending it: for development and tests. */
  readonly check: boolean;
}

/** Serves the routes as they are declared. Other methods of their paths get 405 with `Allow`. */
export function declaredRoutes(routes: readonly Route[], parts: RouteParts): Router {
  const router = Router();
  for (const path of new Set(routes.map((route) => route.path))) {
    const ofPath = routes.filter((route) => route.path === path);
    const mounted = router.route(path);
    for (const route of ofPath) mounted[VERBS[route.method]](handlerOf(route, parts));
    mounted.all(allowOnly(ofPath.map(({ method }) => method)));
  }
  return router;
}

/** Serves the streams as they are declared, to be asked for with GET alone. */
export function declaredStreams(
  streams: readonly Stream[],
  parts: RouteParts,
  serving: EventStreams,
): Router {
  const router = Router();
  for (const stream of streams) {
    router
      .route(stream.path)
      .get(openerOf(stream, parts, serving))
      .all(allowOnly(["GET"]));
  }
  return router;
}

function openerOf(stream: Stream, parts: RouteParts, serving: EventStreams): RequestHandler {
  const { decide, limits, authenticator, check } = parts;
  const callers = { ...parts, authenticator: { ofRequest: authenticator.ofStream } };
  return async (request, response) => {
    const { params, query } = request;
    const caller = await callerOf(stream.access, request, callers);
    const { passport } = caller;
    const opened = await metered(passport, limits, response, () =>
      stream.open({ params, query, last: request.get("Last-Event-ID") }, caller, decide),
    );
    const { run } = check ? checkedRun(stream, opened) : opened;
    const confirmToken = (): void => authenticator.confirm(passport);
    await serving.serve({ ...opened, run, user: passport.user, confirmToken }, request, response);
  };
}

/** Sends only what is declared; anything else is an error of the log. */
function checkedRun({ path, events }: Stream, { run }: Opened): Pick<Opened, "run"> {
  return {
    run: (send, signal) =>
      run(async (all) => {
        for (const one of all.filter(isEvent)) {
          const schema = events[one.event];
          if (schema === undefined)
            throw new Error(`The stream ${path} does not declare the event "${one.event}"`);
          schema.parse(one.data);
        }
        await send(all);
      }, signal),
  };
}

const VERBS = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete" } as const;

function handlerOf(route: Route, parts: RouteParts): RequestHandler {
  const { decide, limits, check } = parts;
  const answer: Route["answer"] = check ? checkedAnswer(route) : route.answer;
  return async (request, response) => {
    if (route.fresh) response.setHeader("Cache-Control", "no-store"); // of errors, too
    const { params, query, body } = request;
    const caller = await callerOf(route.access, request, parts);
    const { status, reply } = await metered(caller.passport, limits, response, (charge) =>
      answer({ params, query, body }, caller, decide, charge),
    );
    response.status(status).json(reply);
  };
}

/** Gives only what is declared; anything else is an error of the log. */
function checkedAnswer(route: Route): Route["answer"] {
  const name = `${route.method} ${route.path}`;
  const codes = errorsOfRoute(route);
  return async (request, caller, decide, charge) => {
    const answer = await route.answer(request, caller, decide, charge).catch((error: unknown) => {
      throw onlyDeclared(error, codes, name);
    });
    route.reply.parse(answer.reply);
    if (!route.statuses.includes(answer.status)) throw new Error(`${name} does not declare ${answer.status}`);
    return answer;
  };
}
