import { createMessageItem, createNoteItem, markMessageItem } from "./message-item.js";

/** Following the end, the page stays this small however long it is open; reading back, it grows to the larger bound. */
const KEEP_ITEMS = 500;
const KEEP_ITEMS_READING = 1_500;
const GROUP_WITHIN_MS = 5 * 60_000;

/** The items of one conversation in `list`, bounded. A sender who goes on within five minutes is not named again. */
export function createMessageList(list, following) {
  /** What an item shows; notes are not in here. */
  const shown = new WeakMap();

  function create(message, delivery) {
    const item = createMessageItem(message);
    markMessageItem(item, delivery, message);
    shown.set(item, { from: message.from, seq: message.seq, atMs: Date.parse(message.at) || Date.now() });
    return item;
  }

  function group(item) {
    const [one, before] = [shown.get(item), shown.get(item?.previousElementSibling)];
    const follows = one && before?.from === one.from && one.atMs - before.atMs < GROUP_WITHIN_MS;
    item?.classList.toggle("follows", Boolean(follows));
  }

  function append(item) {
    list.append(item);
    group(item);
    const bound = following.isAtEnd() ? KEEP_ITEMS : KEEP_ITEMS_READING;
    if (list.childElementCount <= bound) return;
    following.changeAbove(() => {
      while (list.childElementCount > bound) list.firstElementChild.remove();
      group(list.firstElementChild);
    });
  }

  return {
    isEmpty: () => list.childElementCount === 0,
    isFull: () => list.childElementCount >= KEEP_ITEMS_READING,
    add: (message, delivery) => append(create(message, delivery)),
    /** Earlier messages, in their order, above all others. */
    prepend(messages) {
      const first = list.firstElementChild;
      const items = messages.map((message) => create(message, message.own ? "confirmed" : "stored"));
      list.prepend(...items);
      for (const item of [...items, first]) group(item);
    },
    /** A line about the conversation itself; of several in a row only the last stays. */
    note(line) {
      if (list.lastElementChild?.className === "note") list.lastElementChild.remove();
      append(createNoteItem(line));
    },
    /** The number of the first stored message; undefined when there is none. */
    firstSeq() {
      for (const item of list.children) {
        const seq = shown.get(item)?.seq;
        if (seq !== undefined) return seq;
      }
      return undefined;
    },
    clear: () => list.replaceChildren(),
  };
}
