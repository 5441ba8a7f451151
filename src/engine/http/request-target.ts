import type { IncomingMessage } from "node:http";

/** The authority and what follows it. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)(.*)$/i;

/**
 * Makes path and query, and `Host`, of a target that is a whole URL, which a client may send as if to a proxy: everything behind this, and
 * whoever it is relayed to, reads one form. The URL says which host it is for, and a `Host` besides it says nothing (RFC 9112, 3.2.2).
 * Gives false for what is no URL of HTTP, and where several `Host`s say which one: to be answered with 400. Express would have the URL read by
 * `url.parse`, which fails for some in front of all middleware, and warns of others on stderr.
 */
export function toOriginForm(request: IncomingMessage): boolean {
  const { url = "" } = request;
  if (hasSeveralHosts(request)) return false;
  if (url.startsWith("/") || url === "*") return true;
  const [, authority, rest = ""] = ABSOLUTE_FORM.exec(url) ?? [];
  if (authority === undefined || !URL.canParse(`http://${authority}`)) return false;
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  setHost(request, authority.replace(/^.*@/, ""));
  return true;
}

/** Node takes the first one, and a proxy in front may have taken another one (RFC 9112, 3.2). */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (isHost(rawHeaders[at])) hosts += 1;
  return hosts > 1;
}

function setHost(request: IncomingMessage, host: string): void {
  const { headers, rawHeaders } = request;
  const isKept = (_part: string, at: number): boolean => !isHost(rawHeaders[at - (at % 2)]);
  request.rawHeaders = ["Host", host, ...rawHeaders.filter(isKept)];
  headers.host = host;
}

function isHost(name = ""): boolean {
  return name.length === 4 && name.toLowerCase() === "host";
}
