const INTERVAL_MS = 15_000;
const TIMEOUT_MS = 4_000;

/**
 * Asks `GET /health` every 15 s and whenever `check` is called. `onHealth` gets the server's report, or null when
 * there was none. A 503 with a report in it is a report: it says what is wrong.
 */
export function createHealth(onHealth) {
  let timer = null;

  async function fetchReport() {
    try {
      const response = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      const report = await response.json();
      return typeof report?.status === "string" ? report : null;
    } catch {
      return null;
    }
  }

  /** Resolves to whether the service answered. */
  async function check() {
    clearTimeout(timer);
    const report = await fetchReport();
    onHealth(report);
    clearTimeout(timer);
    timer = setTimeout(() => void check(), INTERVAL_MS);
    return report !== null;
  }

  return { check };
}
