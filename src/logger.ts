import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";

/**
 * The one logger. Levels are chosen by who must act: `error` a person now, `warn` a person soon,
 * `info` nobody (a change of state), `debug` a developer.
 */
export type Logger = PinoLogger;

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** Field names whose values never reach a log line, at the top level or one below. */
const SECRET_FIELDS = ["password", "token", "authorization", "cookie", "secret"];

/**
 * JSON lines on standard output; a readable form when it is a terminal. Lines are written
 * synchronously, so that none is lost when the process ends.
 */
export function createLogger(level: LogLevel, destination: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
    },
    destination,
  );
}

function standardOutput(): DestinationStream {
  if (process.stdout.isTTY)
    return pretty({ colorize: true, sync: true, ignore: "pid", translateTime: "HH:MM:ss.l" });
  return pino.destination({ fd: 1, sync: true });
}

/** A URI fit for logs and error messages: the user and password are replaced, the query is dropped. */
export function redactUri(uri: string): string {
  // Up to the last @ there is: a password may hold one that is not escaped, and showing too little does no harm.
  return uri.replace(/\/\/.*@/, "//***@").replace(/\?.*$/, "");
}
