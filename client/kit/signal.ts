/** Those who listen to something. What one of them throws is unhandled, and the others are told even so. */
export function createSignal<Args extends unknown[]>() {
  const listeners = new Set<{ call: (...args: Args) => void }>();
  return {
    /** The returned function ends it. */
    listen(call: (...args: Args) => void): () => void {
      const listener = { call };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(...args: Args): void {
      for (const { call } of [...listeners]) void (async () => call(...args))();
    },
  };
}
