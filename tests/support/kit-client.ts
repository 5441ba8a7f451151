import { io } from "socket.io-client";
import { type Client, type ClientOptions, createClient, type Status } from "../../client/index.js";
import { onEnd } from "./cleanup.js";
import { type Emitter, eventually } from "./wait.js";

/** A client of `ann` as an application makes it, and all statuses that it was told. Comes again quickly, and ends by itself. */
export function startClient(url: string, options: Partial<ClientOptions> = {}) {
  const client = createClient({
    io,
    url,
    ...(options.getToken ? {} : { user: "ann" }),
    socketOptions: { transports: ["websocket"], reconnectionDelay: 20, reconnectionDelayMax: 50 },
    pause: () => new Promise((resume) => setTimeout(resume, 20)),
    ...options,
  });
  const statuses: Status[] = [client.status()];
  client.onStatus((status) => statuses.push(status));
  onEnd(client.close);
  return { client, statuses, events: client.socket as unknown as Emitter };
}

export const becomes = (client: Pick<Client, "status">, status: Status): Promise<void> =>
  eventually(() => expect(client.status()).toBe(status), { withinMs: 15_000 });
