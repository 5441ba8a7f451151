const DELAY_MIN_MS = 1_000;
const DELAY_MAX_MS = 15_000;
/** A connection that lasted this long was a good one: the next loss starts again from the shortest delay. */
const STABLE_AFTER_MS = 5_000;

/** The delay before an attempt (counted from 1): doubling, and spread so that a whole shoal does not return at once. */
function delayMs(attempt) {
  const ceiling = Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** Math.min(attempt, 10));
  return Math.max(DELAY_MIN_MS, ceiling * (0.5 + Math.random() / 2));
}

/**
 * Decides when to connect. `connect` starts one attempt, whose outcome is reported with `succeeded` or `failed`; a
 * connection that ends later is reported with `failed` too. `onState` gets `{phase, attempt, retryAtMs}`; `retryAtMs`
 * is the time of the next attempt as `Date.now()` counts, absent while one is under way.
 */
export function createRetry({ connect, onState }) {
  let attempt = 0;
  let timer = null;
  let connectedAtMs = null;

  /** The browser only ever hints at being offline (a server on this machine still answers), so attempts go on. */
  const lossPhase = () => (navigator.onLine ? "reconnecting" : "offline");

  function tryNow() {
    clearTimeout(timer);
    timer = null;
    onState({ phase: lossPhase(), attempt });
    connect();
  }

  return {
    start() {
      onState({ phase: "connecting", attempt: 0 });
      connect();
    },
    now() {
      if (timer !== null) tryNow();
    },
    succeeded() {
      connectedAtMs = Date.now();
      onState({ phase: "connected", attempt: 0 });
    },
    failed() {
      if (timer !== null) return;
      if (connectedAtMs !== null && Date.now() - connectedAtMs > STABLE_AFTER_MS) attempt = 0;
      connectedAtMs = null;
      attempt += 1;
      const waitMs = delayMs(attempt);
      timer = setTimeout(tryNow, waitMs);
      onState({ phase: lossPhase(), attempt, retryAtMs: Date.now() + waitMs });
    },
  };
}
