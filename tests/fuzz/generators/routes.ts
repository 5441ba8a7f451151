import * as fc from "fast-check";
import type { JsonSchema } from "../../../src/contract/json-schema.js";
import type { Prng } from "../../chaos/prng.js";
import { nearlyValid, valid } from "../../support/arbitrary-input.js";
import type { SchemaDocument } from "../../support/json-schema.js";
import type { Made } from "../case.js";
import type { DeclaredRoute, Material, Parameter } from "../material.js";
import { oddJson } from "./json.js";
import { usual, usualName } from "./usual.js";

const ODD_SEGMENTS = [
  "%00",
  "%E0%A4%A",
  "a%2Fb",
  "%2e%2e%2f",
  "a;b",
  "%",
  "..%2f",
  "%F0%9F%98%80",
  "x".repeat(300),
];

/** Declared routes with parameters and bodies that are valid but for one place at most, by proper requests. */
export function routes(prng: Prng, material: Material): Made {
  const route = prng.int(0, material.routes.length - 1);
  const declared = material.routes[route] as DeclaredRoute;
  const document = material.http;
  const proof = declared.isForKeys ? material.proofs.key(prng) : material.proofs.token(prng);
  const authorization = proof.text === undefined ? undefined : headerText(`Bearer ${proof.text}`);
  const body = bodyOf(prng, declared, document, proof.text);
  return {
    proof: proof.kind,
    inputs: 1,
    way: {
      via: "route",
      route,
      method: declared.method,
      target: targetOf(prng, declared, document),
      headers: {
        ...(authorization === undefined ? {} : { Authorization: authorization }),
        ...(prng.chance(0.9)
          ? { "X-User-Id": proof.user }
          : { "X-User-Id": prng.pick(["a b", "", "x".repeat(99)]) }),
        ...(body === undefined ? {} : { "Content-Type": typeOf(prng) }),
      },
      body,
    },
  };
}

/** What a header may carry of it. */
function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is left out
  return text.replaceAll(/[\x00-\x08\x0a-\x1f\x7f]/g, "?");
}

function typeOf(prng: Prng): string {
  if (prng.chance(0.9)) return "application/json";
  return prng.pick(["text/plain", "application/json; charset=klingon", "application/json;;", "x"]);
}

function sample(prng: Prng, schema: JsonSchema, document: SchemaDocument, odd = 0.3): unknown {
  const arbitrary = prng.chance(odd) ? nearlyValid(schema, document) : valid(schema, document);
  return fc.sample(arbitrary, { seed: prng.int(0, 2 ** 31), numRuns: 1 })[0];
}

function targetOf(prng: Prng, { path, parameters }: DeclaredRoute, document: SchemaDocument): string {
  const ofPath = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (prng.chance(0.06)) return prng.pick(ODD_SEGMENTS);
    const known = prng.chance(0.7) ? usualName(prng, name) : undefined;
    return (
      known ??
      segment(
        parameters.find((one) => one.name === name),
        prng,
        document,
      )
    );
  });
  const query = parameters.flatMap((one) => {
    if (one.in !== "query" || prng.chance(0.5)) return [];
    if (prng.chance(0.1))
      return [prng.pick([`${one.name}=`, `${one.name}[a]=1`, `${one.name}=1&${one.name}=2`])];
    return [`${one.name}=${segment(one, prng, document)}`];
  });
  if (prng.chance(0.03))
    query.push(prng.pick(["other=1", "__proto__[a]=1", "a=%zz", "=", "&&", "constructor=1"]));
  return query.length === 0 ? ofPath : `${ofPath}?${query.join("&")}`;
}

function segment(parameter: Parameter | undefined, prng: Prng, document: SchemaDocument): string {
  if (parameter === undefined) return "x";
  const value = sample(prng, parameter.schema, document);
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "x");
  return ["", ".", ".."].includes(text) ? "x" : encodeURIComponent(Buffer.from(text).toString());
}

function bodyOf(
  prng: Prng,
  { method, body }: DeclaredRoute,
  document: SchemaDocument,
  token: string | undefined,
): string | undefined {
  if (body === undefined) return method === "GET" || prng.chance(0.7) ? undefined : oddJson(prng);
  if (prng.chance(0.1)) return oddJson(prng);
  return JSON.stringify(usual(prng, sample(prng, body, document, 0.5), token)) ?? "";
}
