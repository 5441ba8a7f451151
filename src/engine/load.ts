import { tellPrimary } from "./ipc/channel.js";
import { createLogger } from "./process/logger.js";

/**
 * Loads a part of the program. Where that fails, such as for an error while a feature is loaded, the log says so as `what`, a worker's
 * primary is told, and the process ends with code 1; nothing is returned.
 */
export async function loadOrEnd<Part>(what: string, load: () => Promise<Part>): Promise<Part | undefined> {
  try {
    return await load();
  } catch (error) {
    createLogger("info").fatal({ err: error }, what);
    const message = error instanceof Error ? error.message : String(error);
    tellPrimary({ type: "shoal:failed", message, temporary: false }, () => process.exit(1));
    return undefined;
  }
}
