import { readStored, store } from "./storage.js";

const KEY = "shoal.user";
const USER_ID = /^[A-Za-z0-9_.:@-]{1,64}$/;
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

function createName() {
  const [pick, tail] = crypto.getRandomValues(new Uint32Array(2));
  return `${FISH[pick % FISH.length]}-${tail.toString(16).padStart(8, "0").slice(0, 6)}`;
}

/**
 * Under which name this page speaks: made up once and kept. Without authentication a name is all there is to an
 * identity: who takes it, has it. A new one counts from the next load of the page on, which `onOtherTab` asks for when
 * another tab has set it.
 */
export function createIdentity(onOtherTab) {
  const stored = readStored(KEY);
  const name = USER_ID.test(stored ?? "") ? stored : createName();
  store(KEY, name);

  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY && newValue !== name && USER_ID.test(newValue ?? "")) onOtherTab();
  });

  return {
    name: () => name,
    /** Returns what is wrong with the new name, or an empty string. */
    rename(next) {
      if (!USER_ID.test(next)) return "1 to 64 letters, digits or _ . : @ -";
      return store(KEY, next) ? "" : "This browser keeps nothing, so it cannot keep a name";
    },
  };
}
