import { createFollowing } from "./following.js";
import { createMessageItem, markMessageItem } from "./message-item.js";
import { createMessageList } from "./message-list.js";

/**
 * One room's conversation in `root`: its stored messages, and below them those of one's own that are not confirmed yet.
 * It follows the end unless the reader scrolled up. `onEarlier()` is called for the button above the first message,
 * `onRetry(id)` and `onDiscard(id)` for those of a refused one, `onUnread(count)` when the number of messages not
 * looked at yet changes.
 */
export function createConversation(root, { onEarlier, onRetry, onDiscard, onUnread }) {
  const log = root.querySelector(".log");
  // Not every browser lets the keyboard scroll what cannot get the focus.
  log.tabIndex = 0;
  const following = createFollowing(log, () => unread.refresh());
  const list = createMessageList(log.querySelector(".stored"), following);
  const unread = createUnread({ root, following, onUnread });
  const unsent = createUnsent(log, { onRetry, onDiscard });
  const earlier = createEarlier(root, { list, following, onEarlier });

  return {
    unsent,
    firstSeq: list.firstSeq,
    isEmpty: list.isEmpty,
    /** Shows the next message, `{from, body, at, own?, seq?}`. One that is `old` is no news. */
    add(message, delivery, { old = false } = {}) {
      list.add(message, delivery);
      if (!message.own && !old) unread.count();
      following.contentChanged();
      earlier.refresh();
    },
    /** Shows an own message below the others, until it is one of them. */
    addUnsent(message) {
      unsent.add(message);
      following.toEnd();
    },
    prepend: earlier.prepend,
    earlierFailed: earlier.failed,
    note(line) {
      list.note(line);
      following.contentChanged();
    },
    setVisible(visible) {
      root.hidden = !visible;
      following.contentChanged();
      unread.refresh();
    },
    clear() {
      list.clear();
      earlier.reset();
      following.toEnd();
      unread.clear();
    },
    remove() {
      unread.remove();
      root.remove();
    },
  };
}

/** Own messages that are not confirmed yet, by their ids. */
function createUnsent(log, { onRetry, onDiscard }) {
  const list = log.querySelector(".unsent");
  const items = new Map();

  /** The buttons are about to go, and the focus must not go with them. */
  const withFocus = (action) => () => {
    log.focus();
    action();
  };

  return {
    has: (id) => items.has(id),
    count: () => items.size,
    add({ id, ...message }) {
      const item = createMessageItem(message);
      const [retry, discard] = item.querySelectorAll("button");
      retry.addEventListener(
        "click",
        withFocus(() => onRetry(id)),
      );
      discard.addEventListener(
        "click",
        withFocus(() => onDiscard(id)),
      );
      markMessageItem(item, "pending");
      items.set(id, item);
      list.append(item);
    },
    mark(id, delivery, details) {
      if (items.has(id)) markMessageItem(items.get(id), delivery, details);
    },
    remove(id) {
      items.get(id)?.remove();
      items.delete(id);
    },
  };
}

/** The way back: a button above the first message, while there may be something before it. */
function createEarlier(root, { list, following, onEarlier }) {
  const line = root.querySelector(".earlier");
  const button = line.querySelector("button");
  const outcome = line.querySelector(".outcome");
  let isStart = false;

  function refresh() {
    const first = list.firstSeq() ?? 1;
    button.hidden = isStart || first === 1 || list.isFull();
    line.hidden = first === 1 && !isStart;
    if (list.isFull()) outcome.textContent = "Reload the page to read further back from the end";
  }

  button.addEventListener("click", () => {
    button.disabled = true;
    outcome.textContent = "";
    onEarlier();
  });
  refresh();

  return {
    refresh,
    /** Shows a page of earlier messages; without `more`, nothing is left before it. */
    prepend(messages, more) {
      button.disabled = false;
      isStart = !more;
      following.changeAbove(() => {
        list.prepend(messages);
        if (isStart && list.firstSeq() > 1) outcome.textContent = "What came before is no longer kept";
        refresh();
      });
    },
    failed(reason) {
      button.disabled = false;
      outcome.textContent = reason;
    },
    reset() {
      isStart = false;
      button.disabled = false;
      outcome.textContent = "";
      refresh();
    },
  };
}

/** Counts what arrived while nobody looked: in another room, in a hidden page, or below what is in sight. */
function createUnread({ root, following, onUnread }) {
  const jump = root.querySelector(".jump");
  let unread = 0;

  const isLookedAt = () => !root.hidden && !document.hidden && following.isAtEnd();

  function set(count) {
    jump.hidden = count === 0 || following.isAtEnd();
    jump.textContent = `${count} new ${count === 1 ? "message" : "messages"}`;
    if (count === unread) return;
    unread = count;
    onUnread(count);
  }

  const refresh = () => set(isLookedAt() ? 0 : unread);

  jump.addEventListener("click", () => {
    following.toEnd();
    root.querySelector(".log").focus();
  });
  document.addEventListener("visibilitychange", refresh);

  return {
    refresh,
    count: () => set(isLookedAt() ? 0 : unread + 1),
    clear: () => set(0),
    remove() {
      document.removeEventListener("visibilitychange", refresh);
      set(0);
    },
  };
}
