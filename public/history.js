const PAGE_MESSAGES = 50;
const TIMEOUT_MS = 10_000;

/**
 * The page of a room's history below the number `before`: `{epoch, after, to, messages, more}`.
 * @throws {Error} that says why there was none.
 */
export async function fetchEarlier({ room, before, user }) {
  const address = `/rooms/${encodeURIComponent(room)}/messages?before=${before}&limit=${PAGE_MESSAGES}`;
  const response = await fetch(address, {
    headers: { "X-User-Id": user },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
  const page = await response?.json().catch(() => null);
  if (response?.ok && Array.isArray(page?.messages)) return page;
  throw new Error(page?.error?.message ?? "No answer from the server");
}
