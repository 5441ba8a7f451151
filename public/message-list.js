import { createMessageItem, markMessageItem } from "./message-item.js";

/** Following the end, the page stays this small however long it is open; reading back, it grows to the larger bound. */
const KEEP_MESSAGES = 500;
const KEEP_MESSAGES_READING = 1_500;
/** So many more make it forget: where a reader stands is a question of layout, too dear to be asked for each message. */
const FORGET_AT_ONCE = 100;
const GROUP_WITHIN_MS = 5 * 60_000;

const days = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The items of one conversation in `list`, bounded. A sender who goes on within five minutes is not named again; each day has a line. */
export function createMessageList(list, scroll) {
  /** What an item shows; lines in between are not in here. */
  const shown = new Map();

  function create(message, delivery) {
    const item = createMessageItem(message);
    markMessageItem(item, delivery, message);
    const atMs = Date.parse(message.at) || Date.now();
    shown.set(item, { from: message.from, seq: message.seq, atMs, day: days.format(atMs) });
    return item;
  }

  function createLine(className, text) {
    const item = document.createElement("li");
    item.className = className;
    item.textContent = text;
    return item;
  }

  const isDay = (item) => item?.classList.contains("day");

  /** What stands above an item depends on the one before it. */
  function arrange(item) {
    const one = shown.get(item);
    if (one === undefined) return;
    if (isDay(item.previousElementSibling)) item.previousElementSibling.remove();
    let before = item.previousElementSibling;
    while (before !== null && !shown.has(before)) before = before.previousElementSibling;
    const last = shown.get(before);
    if (last?.day !== one.day) item.before(createLine("day", one.day));
    const isNext = before !== null && before === item.previousElementSibling;
    const follows = isNext && last.from === one.from && one.atMs - last.atMs < GROUP_WITHIN_MS;
    item.classList.toggle("follows", follows);
  }

  const first = () => shown.keys().next().value;

  function forgetOldest() {
    const bound = scroll.isAtEnd() ? KEEP_MESSAGES : KEEP_MESSAGES_READING;
    if (shown.size <= bound + FORGET_AT_ONCE) return;
    scroll.changeAbove(() => {
      while (shown.size > bound) {
        shown.delete(first());
        while (list.firstElementChild !== first()) list.firstElementChild.remove();
      }
      arrange(first());
    });
  }

  return {
    isEmpty: () => list.childElementCount === 0,
    isFull: () => shown.size >= KEEP_MESSAGES_READING,
    add(message, delivery) {
      const item = create(message, delivery);
      list.append(item);
      arrange(item);
      forgetOldest();
    },
    /** Earlier messages, in their order, above all others. */
    prepend(messages) {
      const rest = [...shown];
      const [next] = rest;
      shown.clear();
      const items = messages.map((message) => create(message, message.own ? "confirmed" : "stored"));
      for (const [item, facts] of rest) shown.set(item, facts);
      list.prepend(...items);
      for (const item of items) arrange(item);
      if (next !== undefined) arrange(next[0]);
    },
    /** A line about the conversation itself; of several in a row only the last stays. */
    note(line) {
      if (list.lastElementChild?.className === "note") list.lastElementChild.remove();
      list.append(createLine("note", line));
    },
    /** The number of the first stored message; undefined when there is none. */
    firstSeq: () => [...shown.values()].find(({ seq }) => seq !== undefined)?.seq,
    clear() {
      shown.clear();
      list.replaceChildren();
    },
  };
}
