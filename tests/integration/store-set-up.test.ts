import type { Connection } from "mongoose";
import { createLogger } from "../../src/engine/process/logger.js";
import { StartError } from "../../src/engine/process/start-error.js";
import { createBusKeyStore } from "../../src/engine/stores/bus-key-store.js";
import { createMembershipStore } from "../../src/engine/stores/membership-store.js";
import { createMongo } from "../../src/engine/stores/mongo.js";
import { createPresenceStore } from "../../src/engine/stores/presence-store.js";
import { createRoomStore } from "../../src/engine/stores/room-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import { onTestEnd } from "../support/cleanup.js";
import { ALL_MEASURES } from "../support/internals.js";
import { startMongo } from "../support/mongo.js";
import { startTcpProxy } from "../support/tcp-proxy.js";

/** A worker's connection whose wire breaks whenever something is said, from when this returns. */
async function connectedOverABrokenWire() {
  const server = await startMongo();
  const proxy = await startTcpProxy({ target: server.target });
  const mongo = createMongo(server.uriVia(proxy), ALL_MEASURES, createLogger("silent"));
  onTestEnd(() => mongo.stop());
  await mongo.start();
  proxy.set("reset");
  return mongo.connection;
}

describe("what is cut off while it is set up", () => {
  test.each<[string, (connection: Connection) => Promise<void>]>([
    ["the room log", (connection) => createRoomStore(connection).prepare()],
    ["the bus key", async (connection) => void (await createBusKeyStore(connection).prepare())],
    [
      "models",
      (connection) => {
        createPresenceStore(connection, createMembershipStore(connection));
        return setUpModels(connection);
      },
    ],
  ])("fails the start for a cause that may pass: %s", async (_name, setUp) => {
    const connection = await connectedOverABrokenWire();

    const failure: unknown = await setUp(connection).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(StartError);
    expect(failure).toMatchObject({ temporary: true, message: expect.stringContaining("MONGODB_URI") });
  });
});
