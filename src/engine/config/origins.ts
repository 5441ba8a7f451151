/** Schemes with a host whose pages have no origin that a browser would send, or that are none of a page. */
const NOT_OF_PAGES = ["ftp:", "file:", "ws:", "wss:"];

/**
 * An origin as browsers write it: lower case, without the usual port of its scheme; of apps too, such as
 * `capacitor://localhost`. The final dot of a name is left out: it says the same. Undefined when `text` is none: with a path, a user, or of a scheme that no page has.
 */
export function parseOrigin(text: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\\s,]+$/i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, origin } = new URL(text);
  if (NOT_OF_PAGES.includes(protocol)) return undefined;
  // Of the schemes that it does not know, URL gives no origin.
  return withoutFinalDot(origin === "null" ? text.toLowerCase() : origin);
}

/** An origin, or `https://*.example.com` for those of all subdomains. Undefined when it is neither. */
export function parseOriginPattern(text: string): string | undefined {
  const origin = parseOrigin(text);
  const host = origin?.split("://")[1] ?? "";
  return isName(host) ? origin : undefined;
}

/** A host's name or address without a port, or `*.example.com` for all subdomains. Undefined when it is neither. */
export function parseHostPattern(text: string): string | undefined {
  const hostname = /[^\]]:\d*$/.test(text) ? undefined : hostnameIn(text);
  return hostname !== undefined && isName(hostname) ? hostname : undefined;
}

/** The name or address of a host as `Host` has it, with or without a port and a final dot. Undefined for anything else that `URL` takes. */
export function hostnameIn(host: string): string | undefined {
  if (/[/?#@\\\s]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return withoutFinalDot(new URL(`http://${host}`).hostname);
}

/** `example.com.` is `example.com`, written in full (RFC 1034, 3.1). Takes one, at the end or before a port. */
function withoutFinalDot(text: string): string {
  return text.replace(/(?<=[^./])\.(?=$|:\d+$)/, "");
}

/** Of letters that names and addresses have. The only `*` is the first label, and what follows is more than a top-level domain. */
function isName(host: string): boolean {
  if (!/^[\w.:*[\]-]+$/.test(host) || host.includes("..")) return false;
  return !host.includes("*") || /^\*\.([^.*]+\.[^*]+|localhost(:\d+)?)$/.test(host);
}
