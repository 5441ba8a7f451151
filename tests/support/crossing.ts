import { randomUUID } from "node:crypto";
import { type Client, emitAck } from "./connect-client.js";
import { type Emitter, eventually, once } from "./wait.js";

/** One try may be lost; the next one comes soon. */
const TRY_MS = 400;

/** Sends messages until `to` hears one of `from`. Adapters are at-most-once, and join a little after they connect. */
export async function crosses(from: Client, to: Client, withinMs = 20_000): Promise<void> {
  await eventually(
    async () => {
      const body = randomUUID();
      await Promise.all([hears(to.socket, body), emitAck(from.socket, "message", { body })]);
    },
    { withinMs },
  );
}

async function hears(socket: Emitter, body: string): Promise<void> {
  const [message] = await once<[{ body: unknown }]>(socket, "message", TRY_MS);
  expect(message).toMatchObject({ body });
}
