import { freePort } from "../../tools/shared/ports.js";
import { type Shoal, type ShoalOptions, spawnShoal } from "./spawn-shoal.js";

/**
 * Instances that know each other, each with the options of its place. They have to name their ports before they have
 * them: below those that systems give out, chosen at random.
 */
export function spawnPeers(mongodbUri: string, places: readonly ShoalOptions[]): Promise<Shoal[]> {
  return Promise.all(
    places.map(async ({ env, ...options }) => {
      const PORT = String(await freePort());
      const PEER_URL = `http://127.0.0.1:${PORT}`;
      return spawnShoal({ mongodbUri, ...options, env: { PORT, PEER_URL, ...env } });
    }),
  );
}
