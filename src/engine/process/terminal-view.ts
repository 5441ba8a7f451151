import { prettyFactory } from "pino-pretty";

type Fields = Readonly<Record<string, unknown>>;
type Paint = (text: string) => string;

/** Fields that a line shows elsewhere, or that are the same in all lines that one terminal shows. */
const HIDDEN = ["level", "time", "pid", "instance", "msg", "err"];
/** Characters that would make a value hard to tell from what is around it. */
const PLAIN = /^[\p{L}\p{N}\p{P}\p{S}]+$/u;
/** What a terminal takes as a command, and what turns the direction of writing. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * How log lines look on a terminal: one line for each event, an error with its stack below. `ready` is several lines, as
 * it is what whoever starts a server waits for. Colours only with `isColoured`.
 */
export function createTerminalView(isColoured: boolean): (line: string) => string {
  return prettyFactory({
    colorize: isColoured,
    translateTime: "SYS:HH:MM:ss.l",
    include: "level,time,err",
    messageFormat(record, _messageKey, _levelLabel, { colors }) {
      const text = String(record.msg ?? "");
      const view = VIEWS[text];
      return view === undefined ? withFields(safe(text), record, HIDDEN, colors.dim) : view(record, colors);
    },
  });
}

interface Colours {
  readonly dim: Paint;
  readonly bold: Paint;
}

/** The events that are shown in another way than their text with their fields. */
const VIEWS: Readonly<Record<string, (fields: Fields, colours: Colours) => string>> = {
  request({ method, path, status, durationMs, ...rest }, { dim }) {
    const took = typeof durationMs === "number" ? ` ${durationMs.toFixed(1)} ms` : "";
    const text = `${shown(method)} ${shown(path)} ${shown(status)}${took}`;
    // Whoever looks for a request by its id has a reason: it went wrong.
    const isGood = typeof status === "number" && status < 500;
    return withFields(text, rest, isGood ? [...HIDDEN, "address", "requestId"] : HIDDEN, dim);
  },
  ready({ url, admin, auth, environment, workers, mongodb, redis, ...rest }, { bold, dim }) {
    const rows = [
      ["Address", bold(shown(url))],
      ["Private", `${shown(admin)} (health, metrics, operators)`],
      [
        "Sign-in",
        auth === "none" ? "AUTH=none: everybody is who they say they are" : `AUTH=${safe(String(auth))}`,
      ],
      ["Runs", `${shown(environment)}, ${shown(workers)} worker${workers === 1 ? "" : "s"}`],
      ["Stores", `MongoDB ${shown(mongodb)}, Redis ${shown(redis)}`],
      ["Stop", "Ctrl-C"],
    ];
    const lines = rows.map(([name = "", value = ""]) => `  ${dim(name.padEnd(9))}${value}`);
    return `${withFields(bold("ready"), rest, HIDDEN, dim)}\n\n${lines.join("\n")}\n`;
  },
};

function withFields(text: string, fields: Fields, hidden: readonly string[], dim: Paint): string {
  const shownFields = Object.entries(fields).filter(([name]) => !hidden.includes(name));
  if (shownFields.length === 0) return text;
  return `${text} ${dim(shownFields.map(([name, value]) => `${safe(name)}=${shown(value)}`).join(" "))}`;
}

function shown(value: unknown): string {
  if (typeof value === "string" && PLAIN.test(value)) return safe(value);
  return safe(JSON.stringify(value) ?? "");
}

/** What comes from clients, such as a path, must not command the terminal. */
function safe(text: string): string {
  return text.replace(UNSAFE, (letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
