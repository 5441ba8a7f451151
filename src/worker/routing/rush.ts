/** So many connections within a window of so many milliseconds are a rush; it lasts while windows have as many. */
const RUSH = 200;
const WINDOW_MS = 250;
/** What a worker may keep in one turn of its event loop while a rush begins: what waits at the port is not all its own. */
const KEPT_PER_TURN = 8;

/** Says of each connection that comes whether its worker may keep it. */
export type MayKeep = () => boolean;

/** For one worker. */
export function createRush(): MayKeep {
  let window = { sinceMs: 0, connections: 0, isRush: false };
  let kept = 0;

  function isRush(): boolean {
    const nowMs = performance.now();
    const elapsedMs = nowMs - window.sinceMs;
    if (elapsedMs > WINDOW_MS) {
      const isRush = elapsedMs < 2 * WINDOW_MS && window.connections >= RUSH;
      window = { sinceMs: nowMs, connections: 0, isRush };
    }
    window.connections += 1;
    return window.isRush || window.connections > RUSH;
  }

  return () => {
    if (!isRush()) return false;
    if (window.isRush) return true; // for long enough that the primary keeps the workers even
    if (kept >= KEPT_PER_TURN) return false;
    if (kept === 0)
      setImmediate(() => {
        kept = 0;
      });
    kept += 1;
    return true;
  };
}
