/** Own messages are magenta, and nobody else's are near it. */
const FROM_DEGREES = 20;
const SPAN_DEGREES = 280;
const GOLDEN_RATIO = 0.618034;

const places = new Map();

/** Gives what shows somebody the colour of that name, which nobody else has on this page. The golden ratio keeps neighbours far apart. */
export function paint(element, name, isOwn) {
  element.classList.toggle("own", isOwn);
  if (isOwn) return;
  if (!places.has(name)) places.set(name, places.size);
  const degrees = FROM_DEGREES + ((places.get(name) * GOLDEN_RATIO) % 1) * SPAN_DEGREES;
  element.style.setProperty("--hue", degrees.toFixed(2));
}
