import { prepareCLibrary } from "../setup/c-library.mjs";
import { importCompiled } from "../setup/compiled.mjs";
import { SetupFailure } from "../setup/failure.mjs";

/**
 * The embedded MongoDB, in the care of this process, so that it outlives each server; these get its address as MONGODB_URI.
 * Does nothing when there is another one. What keeps a server from starting is looked at before, as the server does.
 * @returns what ends it
 * @throws {SetupFailure} when it cannot start, or the configuration is wrong
 */
export async function startDatabase() {
  /** @type {typeof import("../../src/engine/config/config.js")} */
  const { readConfig } = await importCompiled("dist/engine/config/config.js");
  /** @type {typeof import("../../src/engine/process/listener.js")} */
  const { createPortProbe } = await importCompiled("dist/engine/process/listener.js");
  /** @type {typeof import("../../src/engine/process/logger.js")} */
  const { createLogger } = await importCompiled("dist/engine/process/logger.js");
  /** @type {typeof import("../../src/dev/embedded-mongodb/embedded-mongodb.js")} */
  const { createEmbeddedMongodb } = await importCompiled("dist/dev/embedded-mongodb/embedded-mongodb.js");
  try {
    const { mongodbUri, dataDir, logLevel, host, port } = readConfig();
    await createPortProbe(host, port).start();
    if (mongodbUri !== "") return async () => {};
    await prepareCLibrary();
    const database = createEmbeddedMongodb({ dataDir, log: createLogger(logLevel) });
    await database.start();
    process.env.MONGODB_URI = database.uri();
    return database.stop;
  } catch (error) {
    throw error?.name === "StartError" ? new SetupFailure(error.message) : error;
  }
}
