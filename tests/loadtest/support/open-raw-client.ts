import {
  createRawClient,
  type RawClient,
  type RawClientOptions,
} from "../../../tools/loadtest/raw/raw-client.js";
import { onEnd } from "../../support/cleanup.js";

export interface OpenClient extends RawClient {
  readonly sid: string;
  /** Events, oldest first: name and arguments. */
  readonly events: readonly (readonly unknown[])[];
  /** Why it was closed; nothing as long as it is not. */
  readonly closed: readonly string[];
}

/** A connected raw client that remembers. Ends by itself. */
export async function openRawClient(options: RawClientOptions): Promise<OpenClient> {
  const events: unknown[][] = [];
  const closed: string[] = [];
  const client = createRawClient({
    onEvent: (name, args) => void events.push([name, ...args]),
    onClose: (reason) => void closed.push(reason),
    ...options,
  });
  onEnd(() => client.destroy());
  const sid = await client.connect();
  return { ...client, sid, events, closed };
}
