import { createFollowing } from "./following.js";
import { createMessageItem, createNoteItem, markMessageItem } from "./message-item.js";

/** The page stays this small however long it is open. */
const KEEP_ITEMS = 500;
const GROUP_WITHIN_MS = 5 * 60_000;

/**
 * One conversation in `root`: its last 500 messages, following the end unless the reader scrolled up. `onRetry(entry)`
 * is called for a failed message's button; `onUnread(count)` when the number of messages not looked at yet changes.
 */
export function createConversation(root, { onRetry, onUnread }) {
  const log = root.querySelector(".log");
  // Not every browser lets the keyboard scroll what cannot get the focus.
  log.tabIndex = 0;
  const items = createItems(log.querySelector("ol"));
  const following = createFollowing(log, () => unread.refresh());
  const unread = createUnread({ root, following, onUnread });

  return {
    /** Shows `{from, body, at, own?}`, and returns an entry for `mark`. */
    add(message) {
      const entry = { message, item: createMessageItem(message) };
      entry.item.querySelector("button").addEventListener("click", () => {
        // The button is about to go, and the focus must not go with it.
        log.focus();
        onRetry(entry);
      });
      items.addMessage(entry.item, message);
      if (message.own) following.toEnd();
      else unread.count();
      following.contentChanged();
      return entry;
    },
    /** A line between the messages, about the conversation itself; of several in a row only the last stays. */
    note(line) {
      items.addNote(createNoteItem(line));
      following.contentChanged();
    },
    /** How far an own message got: pending, sent, or failed with a reason. */
    mark({ item }, delivery, reason) {
      markMessageItem(item, delivery, reason);
      following.contentChanged();
    },
    setVisible(visible) {
      root.hidden = !visible;
      following.contentChanged();
      unread.refresh();
    },
    clear() {
      items.clear();
      following.toEnd();
      unread.clear();
    },
  };
}

/** The bounded list. A sender who goes on within five minutes is not named again. */
function createItems(list) {
  let last = null;

  function append(item) {
    list.append(item);
    while (list.childElementCount > KEEP_ITEMS) list.firstElementChild.remove();
    list.firstElementChild.classList.remove("follows");
  }

  return {
    addMessage(item, { from, at }) {
      const atMs = Date.parse(at) || Date.now();
      item.classList.toggle("follows", last?.from === from && atMs - last.atMs < GROUP_WITHIN_MS);
      last = { from, atMs };
      append(item);
    },
    addNote(item) {
      if (list.lastElementChild?.className === item.className) list.lastElementChild.remove();
      last = null;
      append(item);
    },
    clear() {
      last = null;
      list.replaceChildren();
    },
  };
}

/** Counts what arrived while nobody looked: in another conversation, in a hidden page, or below what is in sight. */
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
  };
}
