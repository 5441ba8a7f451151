import type { RequestHandler, Response } from "express";
import type { Passport } from "../../contract/passport.js";
import type { Published } from "../../contract/published.js";
import { addressKey } from "../trust/limits/address-key.js";
import { chargeMessages, type Payer } from "../trust/limits/charge.js";
import type { Limits } from "../trust/limits/limits.js";
import { type RateLimit, rateLimited } from "../trust/limits/rate-limit.js";
import type { ClientAddress } from "./client-address.js";
import type { SlowRefusals } from "./slow-refusals.js";
import type { SpacedRequests } from "./spaced-requests.js";

/** Refuses the requests of an address that asks too often, before anything is done for them, and spaces those that it may ask meanwhile. */
export function limitAddresses(
  requests: RateLimit,
  clientAddress: ClientAddress,
  refusals: SlowRefusals,
  spaced: SpacedRequests,
): RequestHandler {
  return (request, response, next) => {
    const payer = { limit: requests, key: addressKey(clientAddress(request)) };
    const waitMs = requests.take(payer.key);
    tellQuota(response, payer);
    if (waitMs === 0) return spaced.space(payer.key, request.socket, next);
    refusals.refuse(payer.key, request.socket, (hasWaited) => {
      if (hasWaited) response.setHeader("Connection", "close");
      next(rateLimited(waitMs));
    });
  };
}

/**
 * Does what a user or a key asks for at his expense, and tells in the answer what he has left, whether it was done or refused. `charge` is
 * to be called with the messages that are about to be stored. Where nobody was asked who he is, only their rooms are charged.
 * @throws {AppError} `rate_limited`, and what the task throws.
 */
export async function metered<Result>(
  passport: Passport,
  limits: Limits,
  response: Response,
  task: (charge: (published: readonly Published[]) => void) => Promise<Result>,
): Promise<Result> {
  const payer = payerOf(passport, limits);
  try {
    const waitMs = payer?.limit.take(payer.key) ?? 0;
    if (waitMs > 0) throw rateLimited(waitMs);
    return await task((published) => chargeMessages(published, limits.messages, payer));
  } finally {
    if (payer !== undefined) tellQuota(response, payer);
  }
}

function payerOf({ key, user }: Passport, { keys, events }: Limits): Payer | undefined {
  if (key !== undefined) return { limit: keys, key };
  return user === undefined ? undefined : { limit: events, key: user };
}

/** There is a line for each limit that a request counts towards. */
function tellQuota(response: Response, { limit, key }: Payer): void {
  for (const [name, value] of limit.headers(key)) response.appendHeader(name, value);
}
