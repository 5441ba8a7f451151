/** What docs/protocol.md says besides its tables. */
export const INTRODUCTION = `What clients may ask for, and what they get. For programs the same is in [openapi.json](openapi.json) (OpenAPI 3.1) and
[asyncapi.json](asyncapi.json) (AsyncAPI 3.0); a server has them at \`/openapi.json\` and \`/asyncapi.json\` with its own limits, and in development the page
\`/docs\` shows them and lets one try. \`API_DOCS\` of [configuration.md](configuration.md) turns that on and off. Bounds in these tables are those of a default
configuration.`;

export const ROUTE_RULES = `Routes that are open to users want \`X-User-Id\`, the same id as in the \`auth\` of a Socket.IO client. Bodies are JSON. Every response carries
\`X-Request-Id\` (yours, if you sent one), and so does every log line about it. Whatever goes wrong is answered as \`{"error": Error}\`; \`Retry-After\` says the same as
\`retryAfterMs\`, in seconds. An address where nothing is answers \`not_found\`, and one that does not take the method \`method_not_allowed\` with \`Allow\`. HEAD is answered
like GET.

At most \`ROOM_PAGE_MESSAGES\` messages come at a time, whatever the \`limit\`. \`epoch\` is null as long as the room has never been used: reading makes no room. A reply with
\`reset\` says that the messages after that number are gone, or that the number is beyond the log's end.`;

export const PRIVATE_PORT = `Operators ask on \`ADMIN_PORT\`, which is not for clients; the public port does not know these addresses. \`/livez\`, \`/readyz\` and
\`/metrics\` are there, too: see [runbook.md](runbook.md).`;

export const EVENT_RULES = `Every event that a client sends may carry an acknowledgement callback, called with \`{ok: true, ...}\` or \`{ok: false, error: Error}\`. An event
that nobody declares is acknowledged with \`unknown_event\`. A refused handshake carries an \`Error\` in the \`data\` of its \`connect_error\`, or as \`error\` in the body of
the HTTP response. The handshake's \`auth: {user}\` names the user; without it a connection is known by its session only.

A body is any JSON value but null, up to \`MESSAGE_LIMIT_BYTES\` and 32 levels. A transport that sends more than three times that and 8 KiB in one piece is cut off, and its
session ends.

Events of one connection begin in the order in which they come, at most \`CLIENT_OPEN_EVENTS\` at a time; what comes beyond that waits, and the connection is not read from
meanwhile. A \`message\` counts for 10 ms at least and for 10 µs per byte, so that one connection relays up to 1600 messages or 1.6 MB a second. A connection has one Socket.IO
session: who leaves the namespace is hung up on, and so is who is in none for 10 seconds.`;

export const NOTATION = `\`name?\` may be missing; \`1..500\` is a whole number from 1 to 500, \`0..\` one up to 2^53 − 1; \`[Type](≤ 9)\` is a list of at most nine; \`text(≤ 9)\` has at
most nine characters; \`time\` is ISO 8601 in UTC.`;
