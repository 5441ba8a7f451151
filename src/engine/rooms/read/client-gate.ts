import { RoomUnavailable } from "../ports.js";
import { createPlaces, type Places } from "./places.js";

/** Lets each client do a few things at a time; what else it asks for waits in order. */
export interface ClientGate {
  /** Runs the task when it is its turn. Without a client, at once. */
  run<T>(client: string | undefined, task: () => Promise<T>): Promise<T>;
}

/**
 * Waiting tasks are bounded by whoever calls: a connection has few events open at a time. What waits behind one that finds the store
 * `unreadable` fails with it: each would wait for its own failure, after all those before it.
 */
export function createClientGate(most: number): ClientGate {
  const byClient = new Map<string, Places>();

  return {
    async run(client, task) {
      if (client === undefined) return task();
      const places = byClient.get(client) ?? createPlaces(most);
      byClient.set(client, places);
      try {
        return await places.run(async () => {
          try {
            return await task();
          } catch (error) {
            if (error instanceof RoomUnavailable && error.reason === "unreadable") places.failWaiting(error);
            throw error;
          }
        });
      } finally {
        // Those that failed in the line come here later, when the client may have begun anew.
        if (places.running() === 0 && byClient.get(client) === places) byClient.delete(client);
      }
    },
  };
}
