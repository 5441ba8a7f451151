/** How many of the eight groups of an IPv6 address name the network of a subscriber; he has all the addresses in it. */
const NETWORK_GROUPS = 4;

/**
 * What an address counts as: IPv6 by its /64, an IPv4 address that is mapped to IPv6 as itself, and everything else as it is.
 * `address` is one of {@link ClientAddress}.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return groups.slice(6).flatMap(bytesOf).join(".");
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

function bytesOf(group: number): number[] {
  return [group >> 8, group & 0xff];
}

/** The eight numbers of an IPv6 address. `URL` reads the forms that there are, and writes one. */
function groupsOf(address: string): number[] {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = "", after = ""] = written.split("::");
  const [first, last] = [before, after].map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = 8 - (first?.length ?? 0) - (last?.length ?? 0);
  return [...(first ?? []), ...Array<string>(zeros).fill("0"), ...(last ?? [])].map((group) =>
    Number.parseInt(group, 16),
  );
}
