interface ErrorKind {
  /** HTTP status of the reply. */
  readonly status: number;
  /** True when the same request may succeed later, unchanged. */
  readonly temporary: boolean;
  readonly message: string;
  /** Time after which a client may ask again, in milliseconds, where it is known. */
  readonly retryAfterMs?: number;
}

/** Every error a client can be told about, over HTTP and over Socket.IO. */
export const ERRORS = {
  invalid: { status: 400, temporary: false, message: "The request does not have the expected form" },
  malformed_json: { status: 400, temporary: false, message: "The body is not valid JSON" },
  unauthenticated: { status: 401, temporary: false, message: "A valid token is needed" },
  token_expired: { status: 401, temporary: false, message: "The token has expired; get another one" },
  token_revoked: { status: 401, temporary: false, message: "The token was revoked; get another one" },
  forbidden: { status: 403, temporary: false, message: "You may not do this" },
  not_found: { status: 404, temporary: false, message: "There is nothing at this address" },
  method_not_allowed: { status: 405, temporary: false, message: "This address does not take this method" },
  unknown_event: { status: 404, temporary: false, message: "There is no such event" },
  not_in_room: { status: 409, temporary: false, message: "Join the room first" },
  too_many_rooms: {
    status: 409,
    temporary: false,
    message: "This connection is in as many rooms as it may be",
  },
  id_conflict: { status: 409, temporary: false, message: "Another message has this id" },
  conflict: { status: 409, temporary: false, message: "This exists already" },
  too_large: { status: 413, temporary: false, message: "The body is larger than the limit" },
  unsupported_media_type: { status: 415, temporary: false, message: "The body must be application/json" },
  rate_limited: {
    status: 429,
    temporary: true,
    message: "This is more than is allowed in so short a time",
    retryAfterMs: 1000,
  },
  too_many_connections: {
    status: 429,
    temporary: true,
    message: "This user has as many connections as one may have",
    retryAfterMs: 5000,
  },
  internal: { status: 500, temporary: false, message: "Something went wrong on our side" },
  temporary: {
    status: 503,
    temporary: true,
    message: "Not possible right now; try again shortly",
    retryAfterMs: 1000,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** The one shape in which clients get an error, as an HTTP body's `error` and as an acknowledgement's. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** True when the same request may succeed later, unchanged; what clients go by, rather than by a list of codes. */
  readonly temporary: boolean;
  /** Time after which the client may ask again, in milliseconds; over HTTP `Retry-After` says the same in seconds. */
  readonly retryAfterMs?: number;
}

/** An error meant for the client. Anything else that is thrown reaches the client as `internal`, with no detail. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  /**
   * `message` and `retryAfterMs` default to the catalogue's. The message is shown to clients, so it must not carry secrets.
   */
  constructor(code: ErrorCode, message?: string, options?: { cause?: unknown; retryAfterMs?: number }) {
    super(message ?? ERRORS[code].message, options);
    this.code = code;
    const kind: ErrorKind = ERRORS[code];
    this.retryAfterMs = options?.retryAfterMs ?? kind.retryAfterMs;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get body(): ErrorBody {
    const { code, message, retryAfterMs } = this;
    const { temporary } = ERRORS[code];
    return { code, message, temporary, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }

  /** Of the HTTP response, besides those of its body. */
  get headers(): Readonly<Record<string, string>> {
    const { retryAfterMs, status } = this;
    return {
      ...(retryAfterMs === undefined ? {} : { "Retry-After": String(Math.ceil(retryAfterMs / 1000)) }),
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
    };
  }
}
