/** Closer to the end than this counts as reading along. */
const AT_END_PX = 48;

/** Keeps `log` scrolled to its end, until the reader scrolls up and until they come back down. */
export function createScroll(log, onChange) {
  let atEnd = true;
  let frame = null;
  let lastTop = 0;

  function moveTo(top) {
    log.scrollTop = top;
    lastTop = log.scrollTop;
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
    lastTop = log.scrollTop;
  });
  // The soft keyboard and a growing draft shrink the log; the last message must stay in sight.
  new ResizeObserver(contentChanged).observe(log);

  return {
    isAtEnd: () => atEnd,
    contentChanged,
    /** Makes a change above what is being read, which stays where it is: not every browser does that by itself. */
    changeAbove(change) {
      if (atEnd) {
        change();
        contentChanged();
        return;
      }
      const distance = log.scrollHeight - log.scrollTop;
      change();
      moveTo(log.scrollHeight - distance);
    },
    toEnd() {
      setAtEnd(true);
      contentChanged();
    },
  };
}
