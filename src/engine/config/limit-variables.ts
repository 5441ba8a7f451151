import type { CleanedEnv } from "envalid";
import { integer, type RateSetting, rate } from "./values.js";

/** Of limits by address, user, room and key: off outside production, where tests and loads come from one address. */
export const LIMIT_VARIABLES = {
  RATE_IP_HANDSHAKES: rate({
    default: { perSecond: 10, burst: 50 },
    devDefault: "off",
    desc: "Handshakes of an address, `rate,burst`: so many a second, and so many at once after a rest; beyond it they get 429. As all rates, counted by each worker for itself: [limits.md](limits.md)",
  }),
  RATE_IP_REQUESTS: rate({
    default: { perSecond: 100, burst: 200 },
    devDefault: "off",
    desc: "HTTP requests of an address, and preflights, those of Socket.IO too; `/health`, Socket.IO's other requests and those to ADMIN_PORT do not count",
  }),
  RATE_USER_EVENTS: rate({
    default: { perSecond: 50, burst: 100 },
    devDefault: "off",
    desc: "Events and requests of a user on all his connections; a message that is stored counts as one",
  }),
  RATE_ROOM_PUBLISH: rate({
    default: { perSecond: 1000, burst: 2000 },
    devDefault: "off",
    desc: "Messages that are stored in a durable room, whoever sends them",
  }),
  RATE_KEY_REQUESTS: rate({
    default: { perSecond: 100, burst: 1000 },
    devDefault: "off",
    desc: "Requests with one key of the server API; a message that is stored counts as one",
  }),
  MAX_CONNECTIONS_PER_USER: integer(
    0,
    1_000_000,
  )({
    default: 20,
    devDefault: 0,
    desc: "Socket.IO connections of one user on one worker, and as many streams; beyond it a client gets `too_many_connections`; 0 is no limit",
  }),
};

/** How often something may happen, on each worker. */
export interface RatesConfig {
  readonly ipHandshakes: RateSetting;
  readonly ipRequests: RateSetting;
  readonly userEvents: RateSetting;
  readonly roomPublish: RateSetting;
  readonly keyRequests: RateSetting;
}

export function ratesOf(given: Readonly<CleanedEnv<typeof LIMIT_VARIABLES>>): RatesConfig {
  return {
    ipHandshakes: given.RATE_IP_HANDSHAKES,
    ipRequests: given.RATE_IP_REQUESTS,
    userEvents: given.RATE_USER_EVENTS,
    roomPublish: given.RATE_ROOM_PUBLISH,
    keyRequests: given.RATE_KEY_REQUESTS,
  };
}

/** What a message has around it on its way to a client: names, numbers, the frame; and what small things wait with it. */
const AROUND_BYTES = 4096;

/** A message that is more than may wait for a client would have it closed, and again when it comes back for it. */
export function checkBacklog(
  given: { readonly MESSAGE_LIMIT_BYTES: number; readonly CLIENT_BACKLOG_BYTES: number },
  problems: string[],
): void {
  // What is no number is told already, and compares as false.
  if (given.CLIENT_BACKLOG_BYTES < given.MESSAGE_LIMIT_BYTES + AROUND_BYTES)
    problems.push(
      `CLIENT_BACKLOG_BYTES must be at least ${AROUND_BYTES} more than MESSAGE_LIMIT_BYTES: clients that read slowly would never get the largest messages`,
    );
}
