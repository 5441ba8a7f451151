import { readFile } from "node:fs/promises";
import { type Api, ApiError, createApi } from "shoal/client";
import { createServerApi, type ServerApi } from "shoal/server";
import { ERRORS } from "../contract/errors.js";
import { CommandFailure, type Given, type Terminal, wrongUsage } from "./command.js";

/** Least that the server is given to answer, in milliseconds: commands are watched by a person. */
const TIMEOUT_MS = 15_000;
const TRIES = 4;

/** Where the server is: `--url`, `SHOAL_URL`, or the port of a server that was started in this folder. */
export function urlOf(given: Given, { environment }: Terminal): string {
  const text = given.text("url") ?? (environment.SHOAL_URL || `http://localhost:${environment.PORT || 3000}`);
  const name = given.text("url") === undefined ? "SHOAL_URL" : "--url";
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text))
    throw wrongUsage(`${name} must be an http:// or https:// address`);
  const { username, password } = new URL(text);
  if (username !== "" || password !== "") throw wrongUsage(`${name} must not have a user or a password`);
  return text.replace(/\/+$/, "");
}

/** The key of the server API, if there is one: in the file that `--key-file` names, or `SHOAL_KEY`. */
export async function keyOf(given: Given, { environment }: Terminal): Promise<string | undefined> {
  const file = given.text("key-file");
  if (file === undefined) return environment.SHOAL_KEY?.trim() || undefined;
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw wrongUsage(`--key-file cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`);
  }
}

/** The server API with the key. @throws {CommandFailure} where there is none. */
export async function serverApi(given: Given, terminal: Terminal): Promise<ServerApi> {
  const key = await keyOf(given, terminal);
  if (key === undefined)
    throw wrongUsage(
      "A key is needed: in SHOAL_KEY, or in a file that --key-file names; shoal key makes one",
    );
  return createServerApi({ url: urlOf(given, terminal), key, tries: TRIES, timeoutMs: TIMEOUT_MS });
}

/** What users call: with the token in `SHOAL_TOKEN`, or as `--user`, who is believed where `AUTH` is none. */
export function userApi(given: Given, terminal: Terminal): Api {
  const token = terminal.environment.SHOAL_TOKEN?.trim();
  return createApi({
    url: urlOf(given, terminal),
    timeoutMs: TIMEOUT_MS,
    ...(token ? { getToken: () => token } : { user: given.text("user") ?? "shoal" }),
  });
}

/** What is asked of which server, and by what: for messages. */
export interface Asking {
  readonly url: string;
  /** What says who asks. `name`: nothing but the name of a user. */
  readonly by: "key" | "token" | "name";
  /** What is needed for it, such as "`publish` in kitchen". */
  readonly right: string;
}

export async function askingFor(right: string, given: Given, terminal: Terminal): Promise<Asking> {
  const withoutKey = terminal.environment.SHOAL_TOKEN?.trim() ? "token" : "name";
  const by = (await keyOf(given, terminal)) === undefined ? withoutKey : "key";
  return { url: urlOf(given, terminal), by, right };
}

/** Waits for a call of the server. @throws {CommandFailure} that says in one line why there is no reply. */
export async function answered<Reply>(asking: Asking, call: Promise<Reply>): Promise<Reply> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) throw new CommandFailure(reasonOf(error, asking), 1, { cause: error });
    throw error;
  }
}

/** Why the server gave no reply, or has refused a part, in a sentence. */
export function reasonOf(
  { code, message, cause }: Pick<ApiError, "code" | "message" | "cause">,
  asking: Asking,
): string {
  const { url } = asking;
  switch (code) {
    case "unreachable": {
      const inner = (cause as { cause?: NodeJS.ErrnoException } | undefined)?.cause;
      return `Nothing answers at ${url} (--url, SHOAL_URL): ${inner?.code ?? inner?.message ?? message}`;
    }
    case "timeout":
      return `No answer from ${url} (--url, SHOAL_URL) in time`;
    case "bad_reply":
      return `What answers at ${url} (--url, SHOAL_URL) is not Shoal, or a proxy of it that cannot reach it: ${message}`;
    case "unauthenticated":
      return whyNobody(asking, message);
    case "forbidden":
      return whyNotAllowed(asking, message);
    default:
      return `${url} refuses with ${code}: ${message}`;
  }
}

function whyNobody({ url, by }: Asking, message: string): string {
  if (by === "key")
    return `${url} does not know the key (SHOAL_KEY, --key-file), and its log says why: ${message}`;
  if (by === "token") return `${url} does not take the token (SHOAL_TOKEN), and its log says why: ${message}`;
  return `${url} takes nobody's word for who he is (AUTH=jwt): set SHOAL_KEY or SHOAL_TOKEN`;
}

/** A message of its own comes from the application's rule, or is about something else than rights. */
function whyNotAllowed({ url, by, right }: Asking, message: string): string {
  if (message !== ERRORS.forbidden.message) return `${url} refuses: ${message}`;
  return by === "name"
    ? `Without a key or a token there is no right to this: it needs ${right}`
    : `The ${by} may not do this: it needs ${right}`;
}
