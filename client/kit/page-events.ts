/** What browsers have and other runtimes lack. */
type Listen = (event: string, listener: () => void) => void;
type Target = { addEventListener?: Listen; removeEventListener?: Listen };
type Page = Target & {
  document?: Target & { visibilityState?: string };
  navigator?: { onLine?: boolean };
  location?: { origin?: string };
};

/** Of a page that is shown again, or whose network has changed. `freeze` and bfcache end with `resume` and `pageshow`. */
const OF_WINDOW = ["online", "offline", "pageshow"];
const OF_DOCUMENT = ["visibilitychange", "resume"];

/** Calls whenever the page wakes or its network comes or goes; elsewhere never. The returned function ends it. */
export function onWake(call: () => void): () => void {
  const page = globalThis as unknown as Page;
  const { document } = page;
  const wake = () => {
    if (document?.visibilityState !== "hidden") call();
  };
  for (const event of OF_WINDOW) page.addEventListener?.(event, call);
  for (const event of OF_DOCUMENT) document?.addEventListener?.(event, wake);
  return () => {
    for (const event of OF_WINDOW) page.removeEventListener?.(event, call);
    for (const event of OF_DOCUMENT) document?.removeEventListener?.(event, wake);
  };
}

/** Whether the browser says that there is no network. */
export const isOffline = (): boolean => (globalThis as unknown as Page).navigator?.onLine === false;

/** Where the page is from. */
export const pageAddress = (): string | undefined => (globalThis as unknown as Page).location?.origin;
