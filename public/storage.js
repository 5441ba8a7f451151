/**
 * localStorage, as far as the browser grants it. Without it (turned off, or full) everything works, but not across a
 * reload.
 */
export function readStored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** The stored JSON value; null when there is none, or none that can be read. */
export function readStoredJson(key) {
  try {
    return JSON.parse(readStored(key));
  } catch {
    return null;
  }
}

/** Returns whether the value is stored. */
export function store(key, value) {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

export function removeStored(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // then it was not stored either
  }
}

/** All keys that begin with `prefix`, sorted. */
export function storedKeys(prefix) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .sort();
  } catch {
    return [];
  }
}
