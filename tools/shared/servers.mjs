import { build } from "../../scripts/setup/build.mjs";
import { prepareCLibrary } from "../../scripts/setup/c-library.mjs";
import { ensureRedis } from "../../scripts/setup/redis.mjs";
import { prepareTool } from "./prepare.mjs";

/** As {@link prepareTool}, for a tool that runs servers: those of this project, MongoDB and Redis can be started. */
export async function prepareServers() {
  await prepareTool();
  await build();
  await prepareCLibrary();
  await ensureRedis();
}
