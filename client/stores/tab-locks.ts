import { randomName } from "../outbox.js";

/** So long a tab that is loaded again may have to wait for the lock of the page before; one that was duplicated waits in vain. */
const RELOAD_MS = 1000;

/** The browser's locks: only over HTTPS and on localhost, and only where the page may keep something. Elsewhere undefined. */
async function usableLocks(): Promise<LockManager | undefined> {
  const locks: LockManager | undefined = navigator.locks;
  return locks?.query().then(
    () => locks,
    () => undefined,
  );
}

/** What a tab keeps over its reloads, where the browser grants that. */
function tabText(key: string, text?: string): string | null {
  try {
    if (text !== undefined) sessionStorage.setItem(key, text);
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Holds a lock until it is given back; undefined when somebody else has it. */
function hold(locks: LockManager, name: string, options: LockOptions): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const granted = (lock: Lock | null) => {
      if (lock === null) return resolve(undefined);
      return new Promise<void>((release) => resolve(release));
    };
    locks.request(name, options, granted).catch(() => resolve(undefined));
  });
}

/**
 * The name under which this tab keeps something: the one that it had before a reload, and no other tab's that is open. Without locks nobody
 * can tell whether another tab is open.
 */
export async function takeName(prefix: string) {
  const locks = await usableLocks();
  const key = `shoal.tab.${prefix}`;
  const lockOf = (name: string) => `shoal.${prefix}.${name}`;
  let name = tabText(key);
  let release: (() => void) | undefined;
  if (name !== null && locks)
    release = await hold(locks, lockOf(name), { signal: AbortSignal.timeout(RELOAD_MS) });
  if (name === null || (locks && release === undefined)) {
    name = randomName();
    release = locks && (await hold(locks, lockOf(name), { ifAvailable: true }));
    tabText(key, name);
  }
  return {
    name,
    hasLocks: locks !== undefined,
    /** Does something as that other one, unless it is open; undefined then. */
    async insteadOf<Result>(other: string, act: () => Promise<Result>): Promise<Result | undefined> {
      if (locks === undefined) return act();
      const giveBack = await hold(locks, lockOf(other), { ifAvailable: true });
      return giveBack && act().finally(giveBack);
    },
    release: () => release?.(),
  };
}
export type TabName = Awaited<ReturnType<typeof takeName>>;
