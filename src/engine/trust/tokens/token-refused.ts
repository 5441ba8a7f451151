/** Longest part of a token that a log line has, in characters. */
const MOST_SHOWN = 120;

/** What there is to say besides the reason. */
interface Particulars {
  /** When to send the same token again, where it will be good. */
  readonly retryAfterMs?: number;
  /** What the token had in place of what is wanted, for the log; see {@link shown}. */
  readonly found?: string;
}

/**
 * Why a token is not taken. The reason is for the log and holds nothing of the token: lines are counted by it. Clients are told the `code`, and
 * when to send the token again.
 */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly code: "unauthenticated" | "token_expired" | "temporary";
  readonly retryAfterMs: number | undefined;
  readonly found: string | undefined;

  constructor(code: TokenRefused["code"], reason: string, { retryAfterMs, found }: Particulars = {}) {
    super(reason);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.found = found;
  }
}

/** A part of a token, which anybody may have made, fit for a line of the log: of a bounded length, and of printable ASCII. */
export function shown(part: unknown): string {
  const text = JSON.stringify(part) ?? "nothing";
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
  return cut.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
