import mongoose, { type Connection } from "mongoose";
import {
  createEmbeddedMongodb,
  type EmbeddedMongodb,
  type EmbeddedMongodbOptions,
} from "../../src/dev/embedded-mongodb/embedded-mongodb.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { onEnd } from "./cleanup.js";
import { createLineLog, type LineLog, logged } from "./line-log.js";
import { distFile } from "./program-path.js";

export const SERVES = logged("embedded mongodb serves");

export interface LoggedMongodb {
  readonly mongodb: EmbeddedMongodb;
  readonly logs: LineLog;
  /** The process that serves now. */
  hostPid(): number;
}

/** The component itself, of the sources, not started. Stopped at the end. */
export function newMongodb(options: Omit<EmbeddedMongodbOptions, "log">): LoggedMongodb {
  distFile("dev/embedded-mongodb/host.js"); // the component could not say how to make it
  const logs = createLineLog();
  const log = createLogger("debug", { write: (text) => logs.feed("stdout", text) });
  const mongodb = createEmbeddedMongodb({ ...options, log });
  onEnd(() => mongodb.stop());
  const hostPid = () => Number(logs.lines.filter(SERVES).at(-1)?.fields.hostPid);
  return { mongodb, logs, hostPid };
}

/** As `newMongodb`, started. */
export async function startedMongodb(options: Omit<EmbeddedMongodbOptions, "log">): Promise<LoggedMongodb> {
  const started = newMongodb(options);
  await started.mongodb.start();
  return started;
}

/** A connection with mongoose, closed at the end. @throws after 3 s without a server. */
export async function connectTo(uri: string): Promise<Connection> {
  const connection = mongoose.createConnection(uri, {
    serverSelectionTimeoutMS: 3000,
    heartbeatFrequencyMS: 500,
  });
  onEnd(() => connection.close(true));
  return connection.asPromise();
}

/** The directory in which the socket of this URI lies. */
export function runDirOfUri(uri: string): string {
  return decodeURIComponent(new URL(uri).host).replace(/\/[^/]+$/, "");
}
