/**
 * Lag of the event loop above which a worker under test refuses handshakes, as the text of OVERLOAD_LAG_MS: the longest
 * there is. A busy machine makes every loop lag, and tests of something else than overload are not to be refused for it.
 */
export const NEVER_OVERLOADED_MS = "60000";
