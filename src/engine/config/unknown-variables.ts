import { nearest } from "../../contract/nearest.js";
import { VARIABLES } from "./variables.js";

/** A variable that nothing reads. */
export interface UnknownVariable {
  readonly name: string;
  /** The variable that was probably meant, if one is spelt much like it. */
  readonly meant: string | undefined;
}

const KNOWN = Object.keys(VARIABLES);
/** What others than the server read, in the environment or in `.env`: Node.js, libraries, `docker-compose.yml`. */
const FOREIGN =
  /^(NODE_|OTEL_|COMPOSE_|DOCKER_|(HTTPS?|NO)_PROXY$|(NO|FORCE)_COLOR$|SSL_CERT_|TZ$|TMPDIR$|SHOAL_PORT$|(REDIS|MONGODB(_ROOT)?|GRAFANA)_PASSWORD$)/i;
/** Names by which other programs call what is read here under another one. */
const ELSEWHERE = new Map<string, keyof typeof VARIABLES>([
  ["MONGO_URL", "MONGODB_URI"],
  ["REDIS_HOST", "REDIS_URL"],
  ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_WORKER"],
]);

/**
 * What is probably a misspelt variable: names that are one or two mistakes away from one that is read, or differ in case only, and
 * names that other programs have for one that is not set. An environment is full of names that are meant for others, so nothing else in
 * it is suspicious. Empty variables count as absent.
 */
export function misspeltVariables(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): UnknownVariable[] {
  return unreadIn(variables).filter(({ meant }) => meant !== undefined);
}

/**
 * All that nothing reads in a file that is written for this service, such as `.env`, misspelt or not, besides what Node.js,
 * libraries and `docker-compose.yml` read. Empty variables count as absent.
 */
export function unknownVariables(variables: Readonly<Record<string, string | undefined>>): UnknownVariable[] {
  return unreadIn(variables).filter(({ name, meant }) => meant !== undefined || !FOREIGN.test(name));
}

/** One line for an operator; it has no value of the variable. */
export function unknownVariableWarning({ name, meant }: UnknownVariable): string {
  return meant === undefined
    ? `${name} is no variable of Shoal: nothing reads it`
    : `${name} is no variable of Shoal: was ${meant} meant?`;
}

function unreadIn(variables: Readonly<Record<string, string | undefined>>): UnknownVariable[] {
  return Object.entries(variables)
    .filter(([name, value]) => value !== undefined && value !== "" && !KNOWN.includes(name))
    .map(([name]) => ({
      name,
      meant: nearest(name.toUpperCase(), KNOWN) ?? unsetIn(variables, ELSEWHERE.get(name)),
    }));
}

/** The name, if nothing is set by it. */
function unsetIn(
  variables: Readonly<Record<string, string | undefined>>,
  name: string | undefined,
): string | undefined {
  return name !== undefined && !variables[name] ? name : undefined;
}
