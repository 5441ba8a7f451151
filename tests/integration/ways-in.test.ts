import mongoose from "mongoose";
import { features } from "../../src/app/features.js";
import { outline } from "../../src/contract/outline.js";
import { METHODS, type Route } from "../../src/contract/route.js";
import { inputLimitsOf } from "../../src/engine/worker/input-limits.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let worker: RunningWorker;
let routes: readonly Route[];
let events: readonly string[];
let emits: readonly string[];

beforeAll(async () => {
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const declared = outline(
    features,
    inputLimitsOf(worker.config),
    mongoose.createConnection(),
    worker.config.settings,
  );
  routes = declared.flatMap((feature) => feature.routes ?? []);
  events = declared.flatMap((feature) => (feature.events ?? []).map(({ name }) => name));
  emits = declared.flatMap((feature) => (feature.emits ?? []).map(({ name }) => name));
});

/** What is answered at the addresses of the routes, in whatever method. */
async function answersAt(url: string, own: (route: Route) => boolean): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of new Set(routes.map((route) => route.path))) {
    for (const method of METHODS) {
      const isDeclared = routes.some((route) => own(route) && route.path === path && route.method === method);
      const response = await fetch(url + path.replaceAll(/:\w+/g, "x"), { method });
      const { error } = (await response.json()) as { error?: { code: string } };
      const code = error?.code ?? "none";
      answers[`${method} ${path}`] = isDeclared
        ? code !== "not_found" && code !== "method_not_allowed"
        : code;
    }
  }
  return answers;
}

/** The same as it follows from the declarations. */
function expectedAt(own: (route: Route) => boolean): Record<string, unknown> {
  const paths = [...new Set(routes.map((route) => route.path))];
  const all = paths.flatMap((path) => METHODS.map((method) => ({ path, method })));
  return Object.fromEntries(
    all.map(({ path, method }) => {
      const here = routes.filter((route) => own(route) && route.path === path);
      const isDeclared = here.some((route) => route.method === method);
      return [`${method} ${path}`, isDeclared || (here.length > 0 ? "method_not_allowed" : "not_found")];
    }),
  );
}

test("each port answers what is declared for it, at these addresses and no other method of them", async () => {
  const isOperators = ({ access }: Route) => access.kind === "operator";
  const isPublic = (route: Route) => !isOperators(route);
  const isPrivate = (route: Route) => isOperators(route) || route.access.kind === "key";

  expect(await answersAt(worker.url, isPublic)).toEqual(expectedAt(isPublic));
  expect(await answersAt(worker.adminUrl, isPrivate)).toEqual(expectedAt(isPrivate));
});

test.each([
  ...["/metrics", "/livez", "/readyz", "/admin", "/debug", "/status", "/api", "/graphql", "/rooms"],
  ...["/rooms/x", "/rooms/x/messages/1", "/rooms/x/presence", "/messages", "/events", "/sessions"],
  ...["/package.json", "/src/main.ts", "/node_modules/zod/package.json", "/.env", "/client/", "/viewer"],
])("nothing is at an address that is not declared: %s", async (path) => {
  for (const method of METHODS) {
    expect([method, (await fetch(worker.url + path, { method })).status]).toEqual([method, 404]);
    expect([method, (await fetch(worker.adminUrl + path, { method })).status]).toEqual([method, 404]);
  }
});

test("a client that sends what is no client's is told that there is no such event", async () => {
  const { socket } = await connectClient(worker.url);
  // What the server sends, what workers tell each other, what libraries and languages know.
  const known = [
    ...emits,
    "stored",
    "present",
    "ended",
    "error",
    "ping",
    "pong",
    "upgrade",
    "packet",
    "message:",
  ];
  const names = [
    ...known,
    "join ",
    "JOIN",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
    "0",
  ];
  const others = names.filter((name) => !events.includes(name));
  expect(others.length).toBeGreaterThan(10);

  for (const name of others) {
    const answer = (await socket.emitWithAck(name, {})) as { error?: { code: string } };
    expect([name, answer.error?.code]).toEqual([name, "unknown_event"]);
  }
});
