/** While somebody writes, this is said at most this often, */
const SAY_EVERY_MS = 2_000;
/** and believed for this long. */
const SHOW_MS = 4_000;
const KEEP_NAMES = 50;
const SHOW_NAMES = 3;

/** Who is writing in the room in front. `send()` tells the others in it. */
export function createTyping({ send }) {
  const line = document.getElementById("typing");
  const names = new Map();
  let saidAtMs = Number.NEGATIVE_INFINITY;

  function show() {
    const all = [...names.keys()];
    const rest = all.length - SHOW_NAMES;
    const shown = rest > 0 ? [...all.slice(0, SHOW_NAMES), `${rest} more`] : all;
    const list = new Intl.ListFormat("en").format(shown);
    line.textContent = all.length === 0 ? "" : `${list} ${all.length === 1 ? "is" : "are"} typing`;
  }

  function stop(name) {
    clearTimeout(names.get(name));
    if (names.delete(name)) show();
  }

  return {
    /** The user has changed the draft. */
    typed() {
      if (performance.now() - saidAtMs < SAY_EVERY_MS) return;
      saidAtMs = performance.now();
      send();
    },
    /** The draft has been sent: the next one is news again. */
    sent() {
      saidAtMs = Number.NEGATIVE_INFINITY;
    },
    started(name) {
      clearTimeout(names.get(name));
      if (!names.has(name) && names.size >= KEEP_NAMES) return;
      names.set(name, setTimeout(stop, SHOW_MS, name));
      show();
    },
    stop,
    clear() {
      for (const name of [...names.keys()]) stop(name);
    },
  };
}

/** The name in a relayed `{typing: name}`; undefined for any other message. */
export function typingName(body) {
  const name = typeof body === "object" ? body?.typing : undefined;
  return typeof name === "string" ? name.slice(0, 64) : undefined;
}
