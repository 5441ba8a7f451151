/** Headers that mean one connection only (RFC 9110, 7.6.1), and those that the next hop decides anew. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Says which client a forwarded request comes from. Believed only on the private socket, and never let in elsewhere. */
export const CLIENT_ADDRESS_HEADER = "x-shoal-client-address";

/** The header lines (name, value, name, value, ...) that the next hop gets, in their order and spelling. */
export function endToEnd(rawHeaders: readonly string[]): string[] {
  const named = new Set<string>();
  eachHeader(rawHeaders, (name, value) => {
    if (name !== "connection") return;
    for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  });
  const kept: string[] = [];
  eachHeader(rawHeaders, (name, value, spelled) => {
    if (HOP_BY_HOP.has(name) || named.has(name) || name === CLIENT_ADDRESS_HEADER) return;
    kept.push(spelled, value);
  });
  return kept;
}

function eachHeader(
  rawHeaders: readonly string[],
  visit: (name: string, value: string, spelled: string) => void,
): void {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const spelled = rawHeaders[at] ?? "";
    visit(spelled.toLowerCase(), rawHeaders[at + 1] ?? "", spelled);
  }
}
