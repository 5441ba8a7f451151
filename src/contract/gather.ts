import type { Connection } from "mongoose";
import { z } from "zod";
import type { Component } from "../engine/process/lifecycle.js";
import { StartError } from "../engine/process/start-error.js";
import type { Access, CachedRule, Rule } from "./access.js";
import type { Emitted } from "./emitted.js";
import type { ClientEvent } from "./event.js";
import type { Declared, Engine, Feature } from "./feature.js";
import type { Route } from "./route.js";
import type { Stream } from "./stream.js";

/** All that the features declare. */
export interface Gathered {
  readonly features: readonly Declared[];
  readonly routes: readonly Route[];
  readonly streams: readonly Stream[];
  readonly events: readonly ClientEvent[];
  readonly emits: readonly Emitted[];
  /** Of the events, each way. */
  readonly names: { readonly in: readonly string[]; readonly out: readonly string[] };
  readonly rules: readonly (Rule | CachedRule)[];
  readonly components: readonly Component[];
  /** Its start is refused with a {@link StartError} when the declarations do not go together. To be started first. */
  readonly check: Component;
}

/** Longest time for which a rule's answer may hold, in milliseconds. */
const MOST_CACHE_MS = 3_600_000;

/** Makes the features, once in each worker. Never throws: what is wrong with them is told by `check`, all at once. */
export function gather(features: readonly Feature[], engine: Engine, connection: Connection): Gathered {
  const problems: string[] = [];
  const made = features.flatMap((feature) => {
    try {
      return [{ ...feature.create(engine, connection), name: feature.name }];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`the feature "${feature.name}" cannot be made: ${reason}`);
      return [];
    }
  });
  problems.push(...repeated("feature", features, ({ name }) => [name]));
  problems.push(
    ...repeated("route", made, ({ routes = [], streams = [] }) => [...routes, ...streams].map(requestOf)),
  );
  problems.push(...repeated("event", made, ({ events = [] }) => events.map(({ name }) => name)));
  problems.push(...repeated("emitted event", made, ({ emits = [] }) => emits.map(({ name }) => name)));
  problems.push(...sharedCollections(connection));
  problems.push(
    ...made.flatMap(routeProblems),
    ...made.flatMap(streamProblems),
    ...made.flatMap(eventProblems),
    ...made.flatMap(ruleProblems),
  );

  // What is wrong gets no further: who reads declarations before the check finds whole ones.
  const served = problems.length === 0 ? made : [];
  const events = served.flatMap((one) => one.events ?? []);
  const emits = served.flatMap((one) => one.emits ?? []);
  return {
    ...{ features: served, routes: served.flatMap((one) => one.routes ?? []), events, emits },
    streams: served.flatMap((one) => one.streams ?? []),
    names: { in: events.map(({ name }) => name), out: emits.map(({ name }) => name) },
    rules: served.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    components: served.flatMap(({ component }) => (component === undefined ? [] : [component])),
    check: {
      name: "features",
      async start() {
        if (problems.length > 0)
          throw new StartError(`The features cannot be served: ${problems.join("; ")}`);
      },
      async stop() {},
    },
  };
}

/** As the router sees it: names of a path's parts make no difference. */
function requestOf({ method, path }: Route | Stream): string {
  return `${method} ${path.replaceAll(/:\w+/g, ":name")}`;
}

/** What is declared more than once, with the features that do it. */
function repeated<One extends { readonly name: string }>(
  what: string,
  made: readonly One[],
  namesOf: (one: One) => readonly string[],
): string[] {
  const owners = new Map<string, string[]>();
  for (const one of made) {
    for (const name of namesOf(one)) {
      owners.set(name, [...(owners.get(name) ?? []), one.name]);
    }
  }
  return [...owners].flatMap(([name, by]) =>
    by.length > 1
      ? [`the ${what} "${name}" is declared ${by.length} times, by ${[...new Set(by)].join(" and ")}`]
      : [],
  );
}

function sharedCollections(connection: Connection): string[] {
  const models = new Map<string, string[]>();
  for (const [name, { collection }] of Object.entries(connection.models)) {
    models.set(collection.name, [...(models.get(collection.name) ?? []), name]);
  }
  return [...models].flatMap(([collection, of]) =>
    of.length > 1 ? [`the models ${of.join(" and ")} have the same collection, "${collection}"`] : [],
  );
}

function routeProblems({ routes = [] }: Declared): string[] {
  return routes.flatMap((route) => {
    const { method, path, access, reply } = route;
    const parts = { access: isAccess(access), reply: isSchema(reply) };
    return [...missing(`${method} ${path}`, parts), ...pathProblems(route)];
  });
}

function streamProblems({ streams = [] }: Declared): string[] {
  return streams.flatMap((stream) => {
    const { path, access, params, query, events } = stream;
    const isTold = Object.values(events ?? {}).every(isSchema) && Object.keys(events ?? {}).length > 0;
    const parts = {
      access: isAccess(access),
      query: isSchema(query),
      params: isSchema(params),
      events: isTold,
    };
    return [...missing(`the stream ${path}`, parts), ...pathProblems(stream)];
  });
}

function eventProblems({ events = [], emits = [] }: Declared): string[] {
  const lacking = [
    ...events.map(({ name, access, payload, ack }) => ({
      name,
      parts: { access: isAccess(access), payload: isSchema(payload), ack: isSchema(ack) },
    })),
    ...emits.map(({ name, payload }) => ({ name, parts: { payload: isSchema(payload) } })),
  ].flatMap(({ name, parts }) => missing(`the event "${name}"`, parts));
  return [...lacking, ...[...events, ...emits].flatMap(nameProblems)];
}

/** What the compiler asks for is missing at run time where an `any` is around it. */
function missing(where: string, parts: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(parts).flatMap(([name, isThere]) =>
    isThere ? [] : [`${where} has no valid \`${name}\``],
  );
}

const KINDS: readonly unknown[] = ["anyone", "user", "operator", "ruled", "key"] satisfies Access["kind"][];

const isAccess = (access: Access | undefined): boolean => KINDS.includes(access?.kind);

const isSchema = (schema: unknown): boolean => schema instanceof z.ZodType;

function ruleProblems({ name, rule }: Declared): string[] {
  if (rule === undefined || typeof rule === "function") return [];
  const { cacheMs } = rule;
  return Number.isInteger(cacheMs) && cacheMs >= 1 && cacheMs <= MOST_CACHE_MS
    ? []
    : [`the \`cacheMs\` of the rule of "${name}" is not a whole number from 1 to ${MOST_CACHE_MS}`];
}

function pathProblems({ method, path, params }: Pick<Route, "method" | "path" | "params">): string[] {
  const where = `${method} ${path}`;
  if (!/^(\/(:\w+|[\w.~-]+))+$/.test(path)) return [`the path of ${where} is not of the form /notes/:id`];
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name).sort();
  const declared = params instanceof z.ZodObject ? Object.keys(params.shape).sort() : inPath;
  if (params === undefined && inPath.length > 0)
    return [`${where} has no \`params\` for ${inPath.join(", ")}`];
  return inPath.join() === declared.join()
    ? []
    : [`the \`params\` of ${where} are ${declared.join(", ")}, not those of its path`];
}

/** Socket.IO keeps them for itself. */
const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

function nameProblems({ name }: ClientEvent | Emitted): string[] {
  if (RESERVED.includes(name)) return [`the event "${name}" is one of Socket.IO's own`];
  return /^[A-Za-z][\w:.-]{0,63}$/.test(name)
    ? []
    : [`the name of the event "${name}" is not 1 to 64 letters, digits or any of _ : . -`];
}
