/** What a browser keeps, as far as it grants that. Without it (turned off, or full) all works, but not across a reload. */
function attempt(act, otherwise) {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

/** `tab`: for this tab only, over its reloads. `browser`: for all tabs, and for later. */
const places = { tab: () => sessionStorage, browser: () => localStorage };

/** What somebody is told for whom nothing works without it. */
export const KEEPS_NOTHING = "Your browser lets this page keep nothing";

/** Whether the page may keep something for later. */
export const keeps = () => attempt(() => Boolean(localStorage), false);

/** The kept text; null when there is none. */
export const read = (place, key) => attempt(() => places[place]().getItem(key), null);

/** The kept JSON value; null when there is none, or none that can be read. */
export const readJson = (place, key) => attempt(() => JSON.parse(read(place, key)), null);

/** Keeps a text; null takes it away. */
export function keep(place, key, value) {
  attempt(() => (value === null ? places[place]().removeItem(key) : places[place]().setItem(key, value)));
}

/** All keys of the browser that begin with `prefix`, sorted. */
export const keysOf = (prefix) =>
  attempt(
    () =>
      Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .sort(),
    [],
  );
