/** Closer to the end than this counts as reading along. */
const AT_END_PX = 48;

/** Keeps `log` scrolled to its end, until the reader scrolls up and until they come back down. */
export function createScroll(log, onChange) {
  let atEnd = true;
  let frame = null;
  let lastTop = 0;
  let roundedOff = 0;
  /** While the log is hidden, which has no layout then: what was first in sight, and how far below the log's upper edge. */
  let left;

  /** Browsers round where they scroll to: what they took off a move belongs to the next one, or many of them would drift. */
  function moveTo(top) {
    const wanted = top + roundedOff;
    log.scrollTop = wanted;
    lastTop = log.scrollTop;
    roundedOff = Math.abs(wanted - lastTop) < 1 ? wanted - lastTop : 0;
  }

  function contentChanged() {
    if (!atEnd || frame !== null) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      if (atEnd) moveTo(log.scrollHeight);
    });
  }

  function setAtEnd(next) {
    if (next === atEnd) return;
    atEnd = next;
    onChange();
  }

  log.addEventListener("scroll", () => {
    // Content arriving between our own scroll and this event also leaves a distance: only upwards is the reader's.
    if (log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX) setAtEnd(true);
    else if (log.scrollTop < lastTop - 1) setAtEnd(false);
    if (log.scrollTop !== lastTop) roundedOff = 0;
    lastTop = log.scrollTop;
  });
  // The soft keyboard and a growing draft shrink the log; the last message must stay in sight.
  new ResizeObserver(contentChanged).observe(log);

  return {
    isAtEnd: () => atEnd,
    contentChanged,
    /**
     * Makes a change above what is being read, which stays where it is: not every browser does that by itself. It is measured by an item
     * below the change, or by the end of the log, whose place is a whole number of pixels.
     */
    changeAbove(change, item) {
      if (atEnd) {
        change();
        contentChanged();
        return;
      }
      const position = () =>
        item === undefined ? log.scrollHeight : log.scrollTop + item.getBoundingClientRect().top;
      const distance = position() - log.scrollTop;
      change();
      moveTo(position() - distance);
    },
    /** Which of these items, from top to bottom, is the first in sight, or was when the log was hidden. */
    placeIn(items) {
      if (left !== undefined) return Math.max(0, items.indexOf(left.item));
      const { top } = log.getBoundingClientRect();
      let [above, below] = [0, items.length - 1];
      while (above < below) {
        const middle = (above + below) >> 1;
        if (items[middle].getBoundingClientRect().bottom < top) above = middle + 1;
        else below = middle;
      }
      return above;
    },
    /** To be called before the log is hidden, with its items. */
    leave(items) {
      if (atEnd || items.length === 0) return;
      const item = items[this.placeIn(items)];
      left = { item, below: item.getBoundingClientRect().top - log.getBoundingClientRect().top };
    },
    /** To be called when it is shown again. */
    comeBack() {
      const { item, below } = left ?? {};
      left = undefined;
      if (!item?.isConnected) return;
      moveTo(log.scrollTop + item.getBoundingClientRect().top - log.getBoundingClientRect().top - below);
    },
    toEnd() {
      setAtEnd(true);
      contentChanged();
    },
  };
}
