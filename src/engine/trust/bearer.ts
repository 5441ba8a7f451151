import type { IncomingHttpHeaders } from "node:http";

/** What follows `Authorization: Bearer`; undefined when there is nothing of that kind. */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
}
