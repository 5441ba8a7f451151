/**
 * Makes `old` what `fresh` is, in its place, and touches only what differs: whatever is the same keeps its focus, its scrolling and what is
 * selected in it. Children with a `data-row` are known by it, the others by their place. Listeners stay those of `old`.
 */
export function renew(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  renewChildren(old, ...fresh.childNodes);
}

/** As {@link renew}, for what an element has in it. */
export function renewChildren(parent, ...nodes) {
  const fresh = nodes.map((node) => (node instanceof Node ? node : document.createTextNode(node)));
  const names = new Set(fresh.map(rowOf));
  // First: a row that moves up in place of one that is gone would lose its focus by the moving.
  for (const child of [...parent.children])
    if (rowOf(child) !== undefined && !names.has(rowOf(child))) child.remove();
  const rows = new Map([...parent.children].reverse().map((child) => [rowOf(child), child]));
  let at = parent.firstChild;
  for (const next of fresh) {
    const same = rowOf(next) === undefined ? at : rows.get(rowOf(next));
    rows.delete(rowOf(next)); // should two have the same name, the second is another one
    if (same && isAlike(same, next)) {
      if (same === at) at = at.nextSibling;
      else parent.insertBefore(same, at);
      if (same instanceof Element) renew(same, next);
      else if (same.data !== next.data) same.data = next.data;
    } else parent.insertBefore(next, at);
  }
  while (at !== null) {
    const after = at.nextSibling;
    at.remove();
    at = after;
  }
}

const rowOf = (node) => node.dataset?.row;

const isAlike = (one, other) => one.nodeName === other.nodeName && rowOf(one) === rowOf(other);

/** Sets a text. The same one again is not set: a screen reader would say it again, and what is selected of it would be lost. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
