import type { IncomingMessage } from "node:http";

/** The authority and what follows it. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)(.*)$/i;

/**
 * Makes path and query of a target that is a whole URL, which a client may send as if to a proxy (RFC 9112, 3.2.2): everything behind this
 * reads one form. Gives false for what is no URL of HTTP. Express would have it read by `url.parse`, which fails for some in front of all
 * middleware, and warns of others on stderr.
 */
export function toOriginForm(request: IncomingMessage): boolean {
  const { url = "" } = request;
  if (url.startsWith("/") || url === "*") return true;
  const [, authority, rest = ""] = ABSOLUTE_FORM.exec(url) ?? [];
  if (authority === undefined || !URL.canParse(`http://${authority}`)) return false;
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  return true;
}
