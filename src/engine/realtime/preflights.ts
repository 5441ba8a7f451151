import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../contract/errors.js";
import type { ClientAddress } from "../http/client-address.js";
import type { OriginCheck } from "../http/origin.js";
import { grantPreflight } from "../http/preflight.js";
import type { SlowRefusals } from "../http/slow-refusals.js";
import { addressKey } from "../trust/limits/address-key.js";
import type { RateLimit } from "../trust/limits/rate-limit.js";
import { type Refusal, rateRefusal, refuse, refuseSlowly } from "./refusal.js";

/** What answers preflights. */
export interface PreflightParts {
  /** Of one address, by HTTP. */
  readonly requests: RateLimit;
  readonly slowRefusals: SlowRefusals;
  readonly clientAddress: ClientAddress;
  readonly checkOrigin: OriginCheck;
}

/** As middleware of Engine.IO has it. */
type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Answers what asks whether a page may use Socket.IO: a request of its address like any other by HTTP, and none of a session. The headers that
 * grant it are there already. Node takes no OPTIONS for an upgrade here.
 */
export function createPreflights(parts: PreflightParts): Middleware {
  const { requests, slowRefusals, clientAddress, checkOrigin } = parts;

  return (request, response, next) => {
    if (request.method !== "OPTIONS") return next();
    const address = addressKey(clientAddress(request));
    const waitMs = requests.take(address);
    if (waitMs > 0) {
      refuseSlowly(slowRefusals, address, request, response, () => rateRefusal(requests, address, waitMs));
      return;
    }
    if (!checkOrigin(request).isAllowed) return refuse(request, response, FORBIDDEN);
    grantPreflight(response);
  };
}

const FORBIDDEN: Refusal = {
  status: 403,
  headers: {},
  body: { error: new AppError("forbidden", "This host or origin is not served here").body },
};
