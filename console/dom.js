/** Makes an element. Text never becomes markup; a property that is undefined is left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

/**
 * A table with a caption that only a screen reader has, in a frame that scrolls sideways. A column of names may break them. A row is
 * known by the text of its first cell: see renew.js.
 */
export function table(caption, heads, rows) {
  const columns = heads.map((head) => (typeof head === "string" ? { text: head } : head));
  const classOf = ({ number, isName }) => (number && "number") || (isName && "name");
  const cell = (value, index) => {
    const content = value instanceof Node ? value : String(value);
    const properties = {
      class: classOf(columns[index]),
      "data-head": columns[index].text,
    };
    return index === 0 ? el("th", { ...properties, scope: "row" }, content) : el("td", properties, content);
  };
  return el(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "visually-hidden" }, caption),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...columns.map((column) => el("th", { scope: "col", class: classOf(column) }, column.text)),
        ),
      ),
      el(
        "tbody",
        {},
        ...rows.map((row) => el("tr", { "data-row": row[0].textContent ?? row[0] }, ...row.map(cell))),
      ),
    ),
  );
}

/** Goes on where something has come in the place of what `control` was for, if nobody has gone on elsewhere meanwhile. */
export function goOnAt(node, control) {
  if (![control, document.body].includes(document.activeElement)) return;
  if (!node.hasAttribute("tabindex")) node.tabIndex = -1;
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "start" });
}

/** A word with a coloured dot in front of it. */
export function state(level, word) {
  return el(
    "span",
    { class: "state", "data-level": level },
    el("span", { class: "dot", "aria-hidden": "true" }),
    word,
  );
}

/** Says it to a screen reader. The same text twice is said once. */
export function announce(text) {
  const live = document.getElementById("live");
  if (live.textContent !== text) live.textContent = text;
}

/** What stands in the place of a view, or of a part of it, that takes another key. */
export const closedNote = (part, right) =>
  el(
    "p",
    { class: "closed-note" },
    `${part} is closed to your key. It takes one with `,
    el("code", {}, right),
    ".",
  );

/** A line for what went wrong; empty it is not there. */
export function problemLine() {
  return el("p", { class: "problem", role: "alert" });
}
