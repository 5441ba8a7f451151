/**
 * Calls `giveUp` when `timeoutMs` have passed and all that had come by then has been read. In a process that was held up, timers are due
 * before what lies in its sockets is read, and an answer that came in time would count as missing. Returns what calls it off.
 */
export function afterSilence(timeoutMs: number, giveUp: () => void): () => void {
  let reading: NodeJS.Immediate | undefined;
  // Node documents the order: timers, then what has come (poll), then immediates.
  const timer = setTimeout(() => {
    reading = setImmediate(giveUp);
  }, timeoutMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}
