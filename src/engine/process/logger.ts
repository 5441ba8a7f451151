import {
  type DestinationStream,
  type Logger as PinoLogger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from "pino";
import { createLogOutput, type Loss, openStandardOutput } from "./log-output.js";
import { createTerminalView } from "./terminal-view.js";

/**
 * The one logger. Levels are chosen by who must act: `error` a person now, `warn` a person soon,
 * `info` nobody (a change of state), `debug` a developer.
 */
export type Logger = PinoLogger;

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** Field names whose values never reach a log line, at the top level or one below. */
const SECRET_FIELDS = ["password", "token", "authorization", "cookie", "secret"];

const SECRET_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]);
const CENSORED = "[redacted]";

/**
 * JSON lines on standard output; when it is a terminal one readable line for each event. Lines are written synchronously, so that none is
 * lost when the process ends. Logging never throws: what cannot be shown or written is lost, and said to be.
 */
export function createLogger(level: LogLevel, destination: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: CENSORED },
      serializers: { err: shownError },
      hooks: {
        // An error of the application may throw when it is looked at.
        logMethod(args, method) {
          try {
            method.apply(this, args);
          } catch {
            method.call(this, "a log line was lost: its content cannot be shown");
          }
        },
      },
    },
    destination,
  );
}

/**
 * What a line has of an error: plain data, as the paths of secrets copy what they pass, and a copy of what has a class of its own need not
 * make JSON. MongoDB's errors hold such things.
 */
function shownError(error: Error): unknown {
  const shown = stdSerializers.err(error);
  if (typeof shown !== "object" || shown === null) return shown;
  try {
    return JSON.parse(JSON.stringify(shown, shownPart));
  } catch {
    const { type, message, stack } = shown;
    return { type, message, stack };
  }
}

/** An error of Redis holds the command that failed, which may be the one with the password; others hold it, as deep as they like. */
function shownPart(name: string, part: unknown): unknown {
  if (typeof part === "bigint") return String(part);
  if (SECRET_FIELDS.includes(name)) return CENSORED;
  return name === "command" && typeof part === "object" && part !== null && "args" in part
    ? { ...part, args: CENSORED }
    : part;
}

function standardOutput(): DestinationStream {
  const { stdout } = process;
  // `hasColors` knows NO_COLOR, FORCE_COLOR and what the terminal can.
  const show = stdout.isTTY ? createTerminalView(stdout.hasColors()) : (line: string) => line;
  const output = createLogOutput(openStandardOutput(), (loss) => show(lossLine(loss)));
  process.on("exit", output.end);
  return { write: (line) => output.write(show(line)) };
}

/** Logged at any level: the lost lines may have been of any. */
function lossLine({ lines, reason }: Loss): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: "warn", time, pid: process.pid, lines, reason, msg: "log lines were lost" })}\n`;
}

/** A URI fit for logs and error messages: the user and password are replaced, the query is dropped. */
export function redactUri(uri: string): string {
  // Up to the last @ there is: a password may hold one that is not escaped, and showing too little does no harm.
  return uri.replace(/\/\/.*@/s, "//***@").replace(/\?.*$/s, "");
}
