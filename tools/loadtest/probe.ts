import { lookup } from "node:dns/promises";
import type { Options } from "./plan.js";
import { createRawClient } from "./raw/raw-client.js";
import { hostOf } from "./raw/transport.js";

const PROBE_TIMEOUT_MS = 5000;

/**
 * Connects once, before the crowd, with the token if there is one. @throws why the target cannot be tested. Returns the IPv4 loopback
 * address of the target, if that is where it is: then source addresses can be chosen.
 */
export async function probe(options: Options, token?: string): Promise<string | undefined> {
  const address = await loopbackOf(new URL(options.url));
  const auth = token === undefined ? { user: "loadtest-probe" } : { token };
  try {
    await connectOnce(options, auth, address);
    return address;
  } catch (error) {
    if (address === undefined) throw unreachable(options, error);
  }
  // The server may listen on ::1 alone.
  await connectOnce(options, auth, undefined).catch((error: unknown) => {
    throw unreachable(options, error);
  });
  return undefined;
}

async function connectOnce(
  options: Options,
  auth: Readonly<Record<string, string>>,
  address: string | undefined,
): Promise<void> {
  const client = createRawClient({
    url: options.url,
    transport: options.transport === "polling" ? "polling" : "websocket",
    auth,
    address,
    connectTimeoutMs: PROBE_TIMEOUT_MS,
  });
  await client.connect();
  await client.close();
}

/** On Linux, where all of 127.0.0.0/8 is there without being set up. */
async function loopbackOf(url: URL): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const found = await lookup(hostOf(url), { family: 4 }).catch(() => undefined);
  return found !== undefined && /^127\./.test(found.address) ? found.address : undefined;
}

function unreachable({ url }: Options, error: unknown): Error {
  return new Error(`Cannot connect to ${url}: ${error instanceof Error ? error.message : error}`);
}
