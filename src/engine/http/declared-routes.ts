import { type Request, type RequestHandler, Router } from "express";
import type { Access, Decide } from "../../contract/access.js";
import type { Route } from "../../contract/route.js";
import { allowOnly } from "./allow-only.js";
import { userOf } from "./identity.js";

/** What every route is served with. */
export interface RouteParts {
  readonly decide: Decide;
  /** Whether they are served on the private port, whose callers are operators. */
  readonly isOperator: boolean;
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

const VERBS = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete" } as const;

function handlerOf(route: Route, { decide, isOperator }: RouteParts): RequestHandler {
  return async (request, response) => {
    const caller = { user: callerOf(route.access, request), isOperator };
    const { params, query, body } = request;
    const { status, reply } = await route.answer({ params, query, body }, caller, decide);
    if (route.fresh) response.setHeader("Cache-Control", "no-store");
    response.status(status).json(reply);
  };
}

function callerOf({ kind }: Access, request: Request): string | undefined {
  return kind === "user" || kind === "ruled" ? userOf(request) : undefined;
}
