/** Closer to the end than this counts as reading along. */
const AT_END_PX = 48;

/** Keeps `log` scrolled to its end, until the reader scrolls up and until they come back down. */
export function createFollowing(log, onChange) {
  let atEnd = true;
  let frame = null;
  let lastTop = 0;

  // The browser's own anchoring would move the log when old messages go, which looks like the reader scrolling up.
  const setAnchoring = () => log.classList.toggle("following", atEnd);

  function settle() {
    frame = null;
    if (!atEnd) return;
    log.scrollTop = log.scrollHeight;
    lastTop = log.scrollTop;
  }

  function contentChanged() {
    if (atEnd && frame === null) frame = requestAnimationFrame(settle);
  }

  function setAtEnd(next) {
    if (next === atEnd) return;
    atEnd = next;
    setAnchoring();
    onChange();
  }

  log.addEventListener("scroll", () => {
    const isNearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX;
    // Content arriving between our own scroll and this event also leaves a distance: only upwards is the reader's.
    if (isNearEnd) setAtEnd(true);
    else if (log.scrollTop < lastTop - 1) setAtEnd(false);
    lastTop = log.scrollTop;
  });
  setAnchoring();
  // The soft keyboard and a growing draft shrink the log; the last message must stay in sight.
  new ResizeObserver(contentChanged).observe(log);

  return {
    isAtEnd: () => atEnd,
    contentChanged,
    toEnd() {
      setAtEnd(true);
      contentChanged();
    },
  };
}
