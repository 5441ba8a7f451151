import { createMessageItem, markMessageItem } from "./message-item.js";
import { createMessageList } from "./message-list.js";
import { createScroll } from "./scroll.js";

/**
 * What one room looks like: its stored messages, and below them those of one's own that are not confirmed yet. It follows the end unless the
 * reader scrolled up. `on.earlier()` is called for the button above the first message, `on.retry(id)` and `on.discard(id)` for those of a
 * refused one, `on.unread(count)` when the number of messages that nobody has looked at changes.
 */
export function createConversation(name, on) {
  const root = document.getElementById("conversation-template").content.cloneNode(true).firstElementChild;
  const find = (selector) => root.querySelector(selector);
  const log = find(".log");
  log.tabIndex = 0; // not every browser lets the keyboard scroll what cannot get the focus
  log.setAttribute("aria-label", `Messages in ${name}`);
  document.getElementById("conversations").append(root);
  const scroll = createScroll(log, look);
  const list = createMessageList(find(".stored"), scroll);
  const unsent = new Map();
  let unread = 0;
  let isStart = false;

  /** Counts what arrived while nobody looked: in another room, in a hidden page, or below what is in sight. */
  function look(added = 0) {
    const isLookedAt = !root.hidden && !document.hidden && scroll.isAtEnd();
    const count = isLookedAt ? 0 : unread + added;
    find(".jump").hidden = count === 0 || scroll.isAtEnd();
    find(".jump").textContent = `${count} new ${count === 1 ? "message" : "messages"}`;
    if (count !== unread) on.unread(count);
    unread = count;
  }

  /** The way back is open while there may be something before the first message. */
  function showEarlier(outcome) {
    const isFirst = (list.firstSeq() ?? 1) === 1;
    const isClosed = isStart || isFirst || list.isFull();
    const button = find(".earlier button");
    const place = find(".earlier");
    if (button.hidden !== isClosed || place.hidden !== isFirst)
      scroll.changeAbove(() => {
        button.hidden = isClosed;
        place.hidden = isFirst;
      });
    if (outcome !== undefined) find(".earlier .outcome").textContent = outcome;
  }

  find(".earlier button").addEventListener("click", ({ target }) => {
    target.disabled = true;
    on.earlier();
  });
  find(".jump").addEventListener("click", () => {
    scroll.toEnd();
    log.focus();
  });
  const onVisibility = () => look();
  document.addEventListener("visibilitychange", onVisibility);

  return {
    firstSeq: list.firstSeq,
    isEmpty: list.isEmpty,
    /** Shows the next message, `{from, body, at, own?, seq?}`. One that is `old` is no news. */
    add(message, delivery, { old = false } = {}) {
      list.add(message, delivery);
      look(message.own || old ? 0 : 1);
      scroll.contentChanged();
      showEarlier();
    },
    /** Shows an own message below the others, until it is one of them. */
    addUnsent({ id, ...message }) {
      const item = createMessageItem(message);
      for (const [index, act] of [on.retry, on.discard].entries()) {
        item.querySelectorAll("button")[index].addEventListener("click", () => {
          log.focus(); // the buttons are about to go, and the focus must not go with them
          act(id);
        });
      }
      markMessageItem(item, "pending");
      unsent.set(id, item);
      find(".unsent").append(item);
      scroll.toEnd();
    },
    markUnsent(id, delivery, details) {
      if (!unsent.has(id)) return;
      markMessageItem(unsent.get(id), delivery, details);
      scroll.contentChanged(); // with a reason and buttons it is higher
    },
    removeUnsent(id) {
      unsent.get(id)?.remove();
      unsent.delete(id);
    },
    /** Shows a page of earlier messages; without `more`, nothing is left before it. */
    prepend(messages, more) {
      find(".earlier button").disabled = false;
      isStart = !more;
      scroll.changeAbove(() => {
        list.prepend(messages);
        const isCut = isStart && list.firstSeq() > 1;
        const full = list.isFull() ? "Reload the page to read further back from the end" : "";
        showEarlier(isCut ? "What came before is no longer kept" : full);
      });
    },
    earlierFailed(reason) {
      find(".earlier button").disabled = false;
      showEarlier(reason);
    },
    note(line) {
      list.note(line);
      scroll.contentChanged();
    },
    setVisible(visible) {
      if (!visible && !root.hidden) list.leave();
      root.hidden = !visible;
      if (visible) scroll.comeBack();
      scroll.contentChanged();
      look();
    },
    clear() {
      list.clear();
      isStart = false;
      scroll.toEnd();
      showEarlier("");
    },
    remove() {
      document.removeEventListener("visibilitychange", onVisibility);
      on.unread(0);
      root.remove();
    },
  };
}
