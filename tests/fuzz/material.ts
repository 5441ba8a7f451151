import type * as fc from "fast-check";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import { type Judge, judgeOfAsyncapi, judgeOfOpenapi } from "../support/api-documents.js";
import { nearlyValid, valid } from "../support/arbitrary-input.js";
import { resolved, type SchemaDocument } from "../support/json-schema.js";
import type { Proofs } from "./proofs.js";

/** An event that clients send, as the server's document declares it. */
export interface DeclaredEvent {
  readonly name: string;
  readonly valid: fc.Arbitrary<unknown>;
  readonly nearlyValid: fc.Arbitrary<unknown>;
  /** What is wrong with an acknowledgement; undefined when nothing is. */
  judgeReply(answer: unknown): string | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: JsonSchema;
}

/** A route, as the server's document declares it. */
export interface DeclaredRoute {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly isForKeys: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  /** What is wrong with an answer; undefined when nothing is. */
  judgeAnswer(status: number, answer: unknown): string | undefined;
}

/** What cases are made of and judged by, read from the server under test: new features are in it by themselves. */
export interface Material {
  readonly proofs: Proofs;
  readonly http: SchemaDocument;
  readonly events: readonly DeclaredEvent[];
  readonly routes: readonly DeclaredRoute[];
  /** What is wrong with an event that a client has got. */
  judgeReceived(name: string, args: readonly unknown[]): string | undefined;
}

interface Operation {
  readonly action?: string;
  readonly title?: string;
  readonly messages?: readonly JsonSchema[];
  readonly reply?: { readonly messages: readonly JsonSchema[] };
  readonly "x-access"?: { readonly kind: string };
  readonly parameters?: readonly JsonSchema[];
  readonly requestBody?: { readonly content: Content };
  readonly responses?: Readonly<Record<string, JsonSchema>>;
}

interface Content {
  readonly "application/json": { readonly schema: JsonSchema };
}

export async function readMaterial(url: string, proofs: Proofs): Promise<Material> {
  const [http, sockets] = (await Promise.all(
    ["openapi", "asyncapi"].map(async (name) => (await fetch(`${url}/${name}.json`)).json()),
  )) as [SchemaDocument, SchemaDocument];
  const operations = Object.values(sockets.operations as Record<string, Operation>);
  const judge = judgeOfAsyncapi(sockets);
  const sent = new Map(
    operations
      .filter(({ action }) => action === "send")
      .map(({ title = "", messages }) => [title, payloadOf(messages, sockets)]),
  );
  return {
    ...{ proofs, http },
    events: operations
      .filter(({ action }) => action === "receive")
      .map((operation) => declaredEvent(operation, sockets, judge)),
    routes: Object.entries(http.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) => {
        const ofPath = Object.entries(methods).filter(
          ([, one]) => one["x-access"]?.kind !== "operator" && !isStream(one),
        );
        return ofPath.map(([method, one]) => declaredRoute(method.toUpperCase(), path, one, http));
      },
    ),
    judgeReceived(name, args) {
      const schema = sent.get(name);
      if (schema === undefined) return "no such event is documented";
      return args.length === 1 ? judge(schema, args[0]) : `${args.length} arguments`;
    },
  };
}

/** Whose answer has no end. documented-routes.test.ts asks for it. */
function isStream({ responses = {} }: Operation): boolean {
  return "text/event-stream" in ((responses[200] as { content?: object } | undefined)?.content ?? {});
}

function payloadOf(messages: readonly JsonSchema[] | undefined, document: SchemaDocument): JsonSchema {
  const [message] = (messages ?? []).map((one) => resolved(one, document));
  return (message as unknown as { payload: JsonSchema }).payload;
}

function declaredEvent(
  { title = "", messages, reply }: Operation,
  document: SchemaDocument,
  judge: Judge,
): DeclaredEvent {
  const payload = payloadOf(messages, document);
  const answer = payloadOf(reply?.messages, document);
  const odd = ["x".repeat(70_000), { type: "Buffer", data: [1] }];
  return {
    name: title,
    valid: valid(payload, document),
    nearlyValid: nearlyValid(payload, document, odd),
    judgeReply: (value) => judge(answer, value),
  };
}

function declaredRoute(
  method: string,
  path: string,
  one: Operation,
  document: SchemaDocument,
): DeclaredRoute {
  const judge = judgeOfOpenapi(document);
  const responses = new Map(
    Object.entries(one.responses ?? {}).map(([status, response]) => {
      const { content } = resolved(response, document) as unknown as { content: Content };
      return [Number(status), content["application/json"].schema];
    }),
  );
  return {
    ...{ method, path },
    isForKeys: one["x-access"]?.kind === "key",
    parameters: (one.parameters ?? []).map((each) => resolved(each, document) as unknown as Parameter),
    body: one.requestBody?.content["application/json"].schema,
    judgeAnswer(status, answer) {
      const schema = responses.get(status);
      return schema === undefined ? "the status is not documented" : judge(schema, answer);
    },
  };
}
