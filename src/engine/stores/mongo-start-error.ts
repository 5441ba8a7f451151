import mongoose from "mongoose";
import { redactUri } from "../process/logger.js";
import { StartError } from "../process/start-error.js";

const REASON_CHARACTERS = 300;
/** Unauthorized, AuthenticationFailed, and Atlas' own. */
const CREDENTIAL_CODES = [13, 18, 8000];

/** Why the first connection failed, by whom it is to be mended: a wrong setting is told from a MongoDB that is away. */
export function connectError(error: unknown, uri: string): StartError {
  const where = `${redactUri(uri)} (MONGODB_URI)`;
  if (isBadUri(error)) {
    return new StartError(`MONGODB_URI is not valid: ${reasonOf(error, uri)}`, { cause: error });
  }
  if (refusesCredentials(error)) {
    return new StartError(`MongoDB at ${where} refuses the user or the password`, { cause: error });
  }
  if (error instanceof mongoose.mongo.MongoServerError) {
    return new StartError(`MongoDB at ${where} refuses the connection: ${reasonOf(error, uri)}`, {
      cause: error,
    });
  }
  const message = `Cannot reach MongoDB at ${where}: ${topologyReason(error) ?? reasonOf(error, uri)}`;
  return new StartError(message, { cause: error, temporary: true });
}

/** True when one of the servers has not been heard of yet, not even by a refusal of the system. */
export function isSilence(error: unknown): boolean {
  const found = (error as { reason?: unknown } | null)?.reason;
  return isTopology(found) && [...found.servers.values()].some(isSilent);
}

/** True when the server knows us and does not let us, or does not know us at all. */
export function refusesCredentials(error: unknown): boolean {
  const { MongoServerError } = mongoose.mongo;
  return error instanceof MongoServerError && CREDENTIAL_CODES.includes(Number(error.code));
}

/**
 * The driver names an error of the connection string in several ways: by a class of its parser's own, which it does not
 * export, as wrong use of itself, or, for a host that is no URL, as an error of its own with the reason as its cause.
 */
function isBadUri(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "MongoRuntimeError") return (error.cause as Error | undefined)?.name === "TypeError";
  return error.name === "MongoParseError" || error instanceof mongoose.mongo.MongoAPIError;
}

/** What the driver found at the addresses; undefined when it did not come to look. */
function topologyReason(error: unknown): string | undefined {
  const found = (error as { reason?: unknown } | null)?.reason;
  if (!isTopology(found)) return undefined;
  // Servers of another set, or of none, are dropped from the description.
  if (found.setName !== null && found.servers.size === 0) {
    return `no server there belongs to the replica set ${found.setName}`;
  }
  const servers = [...found.servers.values()];
  // Members that answer: an election may be under way, or the set is not initiated yet.
  const isLeaderless = found.type === "ReplicaSetNoPrimary" && servers.some(isKnown);
  const leaderless = isLeaderless ? [`the replica set ${found.setName} has no primary`] : [];
  const reasons = servers.flatMap(
    (server) => server.error?.message.trim() ?? (isSilent(server) ? "no answer" : []),
  );
  return [...new Set([...leaderless, ...reasons])].join("; ").slice(0, REASON_CHARACTERS) || undefined;
}

type Server = mongoose.mongo.ServerDescription;
const isKnown = ({ type }: Server): boolean => type !== "Unknown" && type !== "PossiblePrimary"; // a member names the latter
const isSilent = (server: Server): boolean => server.error === null && !isKnown(server);

/** The driver exports the type of it, not the class. */
function isTopology(value: unknown): value is mongoose.mongo.TopologyDescription {
  return typeof value === "object" && value !== null && "servers" in value && value.servers instanceof Map;
}

/** In one line, without the password. */
function reasonOf(error: unknown, uri: string): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const [, password = ""] = /\/\/[^:]*:(.*)@/.exec(uri) ?? [];
  const text = password === "" ? message : message.replaceAll(password, "***");
  return text.replaceAll(/\s+/g, " ").slice(0, REASON_CHARACTERS);
}
