import { createMessageItem, markMessageItem } from "./message-item.js";

/** Following the end, the page stays this small however long it is open; reading back, it grows to the larger bound. */
const KEEP_MESSAGES = 500;
const KEEP_MESSAGES_READING = 1_500;
/** So many more make it forget: where a reader stands is a question of layout, too dear to be asked for each message. */
const FORGET_AT_ONCE = 100;
/** What stays around the place of somebody who reads back: so many above it, and so many from there on. */
const KEEP_ABOVE = 100;
const KEEP_BELOW = 600;
const GROUP_WITHIN_MS = 5 * 60_000;

const days = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The items of one conversation in `list`, bounded. A sender who goes on within five minutes is not named again; each day has a line. */
export function createMessageList(list, scroll) {
  /** What an item shows; lines in between are not in here. */
  const shown = new Map();
  /** How many messages a line stands for. */
  const leftOut = new WeakMap();

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

  function forget() {
    const isAtEnd = scroll.isAtEnd();
    const bound = isAtEnd ? KEEP_MESSAGES : KEEP_MESSAGES_READING;
    const more = shown.size - bound;
    if (more <= FORGET_AT_ONCE) return;
    const items = [...shown.keys()];
    const place = isAtEnd ? items.length : scroll.placeIn(items);
    const oldest = Math.min(more, Math.max(0, place - KEEP_ABOVE));
    leaveOut(items, place + KEEP_BELOW, more - oldest);
    forgetOldest(oldest, items[place]);
  }

  function forgetOldest(count, seen) {
    if (count === 0) return;
    const rest = shown.size - count;
    scroll.changeAbove(() => {
      while (shown.size > rest) {
        shown.delete(first());
        while (list.firstElementChild !== first()) list.firstElementChild.remove();
      }
      arrange(first());
    }, seen);
  }

  /** So many of these from there on give way to a line: they are below what is being read, which stays where it is. */
  function leaveOut(items, from, count) {
    if (count === 0) return;
    const gone = items.slice(from, from + count);
    let left = gone.length;
    const next = items[from + count];
    for (const item of gone) shown.delete(item);
    const last = items[from - 1];
    while (last.nextElementSibling !== next) {
      left += leftOut.get(last.nextElementSibling) ?? 0;
      last.nextElementSibling.remove();
    }
    const line = createLine(
      "note",
      `${left} messages are left out here; reload the page to read them from the end`,
    );
    leftOut.set(line, left);
    last.after(line);
    arrange(next);
  }

  return {
    /** To be called before it is hidden. */
    leave: () => scroll.leave([...shown.keys()]),
    isEmpty: () => list.childElementCount === 0,
    isFull: () => shown.size >= KEEP_MESSAGES_READING,
    add(message, delivery) {
      const item = create(message, delivery);
      list.append(item);
      arrange(item);
      forget();
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
