import { KEEPS_NOTHING, keep, read } from "./storage.js";

const KEY = "shoal.name";
const NAME = /^[A-Za-z0-9_.:@-]{1,64}$/;
const FISH = [
  "anchovy",
  "herring",
  "mackerel",
  "minnow",
  "perch",
  "sardine",
  "smelt",
  "sprat",
  "tetra",
  "tuna",
];
/** A tab that is reloaded has its name back by then; one that was duplicated does not get it. */
const RELOAD_MS = 1_000;

const hex = (digits) =>
  crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0").slice(0, digits);
const suggestion = () => `${FISH[Number.parseInt(hex(4), 16) % FISH.length]}-${hex(4)}`;

/** The browser's locks: only over HTTPS and on localhost, and only where the page may keep something. Elsewhere undefined. */
async function usableLocks() {
  const { locks } = navigator;
  return locks?.query().then(
    () => locks,
    () => undefined,
  );
}

/** Holds a name for this tab as long as it is open; false when another tab of this browser has it. */
function hold(locks, name, options) {
  return new Promise((resolve) => {
    const held = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    locks.request(`${KEY}.${name}`, options, held).catch(() => resolve(false));
  });
}

/**
 * Under which name this tab speaks, where nobody has to prove who he is: each tab is a person of its own. The name that was given is that of
 * the first tab, and the others get a number. Without locks the number is random.
 */
export async function chooseName() {
  const kept = read("tab", KEY);
  const given = read("browser", KEY);
  const locks = await usableLocks();
  const isFree = async (name, options) => locks === undefined || (await hold(locks, name, options));
  let name = kept;
  if (!NAME.test(kept ?? "") || !(await isFree(kept, { signal: AbortSignal.timeout(RELOAD_MS) }))) {
    const numbered = (number) => `${given.slice(0, 58)}-${locks ? number : hex(4)}`;
    for (let number = 1; ; number += 1) {
      name = !NAME.test(given ?? "") ? suggestion() : number === 1 && locks ? given : numbered(number);
      if (await isFree(name, { ifAvailable: true })) break;
    }
  }
  keep("tab", KEY, name);
  return name;
}

/** Whether somebody has said a name in this browser. */
export const isNamed = () => read("browser", KEY) !== null;

/** Keeps another name, which counts from the next load on. Resolves to what is wrong with it, or to an empty string. */
export async function rename(name, current) {
  if (!NAME.test(name)) return "A name has 1 to 64 letters, digits or _ . : @ - and no spaces";
  const locks = await usableLocks();
  if (name !== current && locks && !(await hold(locks, name, { ifAvailable: true }))) {
    return "Another tab of this browser has this name";
  }
  keep("browser", KEY, name);
  keep("tab", KEY, name);
  if (name !== current && read("tab", KEY) !== name) return `${KEEPS_NOTHING}: not even a name`;
  return "";
}
