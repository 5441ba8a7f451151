import type { RequestHandler } from "express";
import { AppError } from "../../contract/errors.js";
import type { Config } from "../config/config.js";
import { hostnameIn } from "../config/origins.js";
import { createHostCheck, createOriginCheck } from "./origin.js";

/** Names that lead to the machine itself, whoever is asked for them. */
const OWN_NAMES = ["localhost", "*.localhost"];

/**
 * For a port at which whoever reaches it is let in: refuses what pages of others have an operator's browser send. By a name that is theirs and
 * leads here (DNS rebinding) they would read the answers, so that a name has to be one of ours; an address has no owner, and is.
 */
export function refuseOthersPages({
  allowedHosts,
  admin,
  trustProxy,
}: Pick<Config, "allowedHosts" | "admin" | "trustProxy">): RequestHandler {
  const ownName = hostnameIn(admin.host) ?? "localhost";
  const isOwnHost = createHostCheck([...allowedHosts, ownName, ...OWN_NAMES], true);
  const checkOrigin = createOriginCheck({ corsOrigins: [], allowedHosts: [], trustProxy });
  return (request, _response, next) => {
    if (!isOwnHost(request))
      throw new AppError(
        "forbidden",
        "This host is not served here while there are no API keys, unless it is an address, localhost or in ALLOWED_HOSTS",
      );
    if (!checkOrigin(request).isAllowed)
      throw new AppError("forbidden", "Pages of other origins are not served here");
    next();
  };
}
