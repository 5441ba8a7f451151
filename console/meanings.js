/** What a state of a store means, and the runbook's section about it. */
export const STORES = {
  mongo: {
    up: ["ok", "MongoDB answers: messages are stored and read."],
    down: [
      "bad",
      "MongoDB does not answer: nothing can be stored or read; clients keep what is not acknowledged.",
      "mongodb-is-lost",
    ],
    unknown: ["unknown", "No worker has said yet whether MongoDB answers."],
  },
  redis: {
    up: ["ok", "Redis answers: instances hear each other at once."],
    down: [
      "bad",
      "Redis does not answer: relayed messages stay on one worker; durable rooms are up to 5 s late, and lose nothing.",
      "redis-is-lost",
    ],
    refused: [
      "bad",
      "Redis is there and refuses what is asked of it: its user or its configuration is wrong.",
      "redis-is-lost",
    ],
    off: ["unknown", "No Redis is configured: this is right for a single instance only."],
    unknown: ["unknown", "No worker has said yet whether Redis answers."],
  },
};

/** The runbook's section about a worker that does not answer. */
export const SILENT_SECTION = "one-worker-is-hot-or-blocked";

/** Why a handshake was refused, by its code. */
export const REFUSED = {
  unauthenticated: "No token, or one that is not valid",
  token_expired: "The token has expired",
  token_revoked: "The token was revoked",
  forbidden: "The origin, the host or a rule of the application",
  rate_limited: "Too many in so short a time",
  too_many_connections: "The user has as many connections as one may have",
  temporary: "It could not be decided: a store or the key server was away",
  invalid: "The handshake does not have the expected form",
  internal: "An error of the server, which is in its log",
};

/** What happened to workers, for people, with the runbook's section. */
export const HAPPENINGS = {
  started: ["ok", "took up its work"],
  draining: ["warn", "sends its clients away"],
  left: ["unknown", "has ended as it was told to"],
  ended: ["bad", "has ended", "workers-crash-again-and-again"],
  reloading: ["warn", "workers are being replaced"],
  reloaded: ["ok", "all workers are replaced"],
  "reload-failed": ["bad", "workers could not be replaced; the old ones serve on"],
};

/** What the audit has, in the words of its filter and of its entries. */
export const AUDITED = {
  refuse: "Handshake refused",
  connect: "Connected",
  disconnect: "Disconnected",
  revoke: "Tokens revoked",
  remove: "Disconnected by a key",
  move: "Moved by a key",
  end: "Room emptied by a key",
};

/** Why a handshake was refused before it was known whose it is: these are in no audit. */
export const REFUSED_EARLY = {
  address: "too many of one address",
  rate: "too many at once",
  full: "a worker is full",
  overload: "a worker cannot keep up",
  draining: "the instance is on its way out",
  refused: "invalid, mostly an origin that CORS_ORIGIN does not have",
};
