import type { OutboxStore } from "./store.js";

/** Keeps nothing: the outbox is in memory, as it is anyway. */
export function memoryStore(): OutboxStore {
  const open = async () => ({
    left: [],
    write: async () => {},
    takeOver: async () => [],
    close: async () => {},
  });
  return { isLasting: false, open };
}
