const SHOW_CHARACTERS = 8_000;
const SHOW_ID_CHARACTERS = 8;
const HUES = 6;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The list item of one message. What came over the wire becomes `textContent` or a title, never markup. */
export function createMessageItem({ from, body, at, own }) {
  const template = document.getElementById("message-template");
  const item = template.content.cloneNode(true).firstElementChild;
  const id = String(from);
  item.dataset.hue = own ? "self" : hueOf(id);
  const who = item.querySelector(".who");
  who.textContent = own ? "You" : id.slice(0, SHOW_ID_CHARACTERS);
  if (!own) who.title = id.slice(0, 200);
  writeTime(item.querySelector("time"), Date.parse(at) || Date.now());
  writeBody(item.querySelector(".body"), body);
  return item;
}

export function createNoteItem(line) {
  const item = document.createElement("li");
  item.className = "note";
  item.textContent = line;
  return item;
}

/** Shows how far an own message got: pending, sent, or failed with a reason. */
export function markMessageItem(item, delivery, reason = "") {
  item.dataset.delivery = delivery;
  item.querySelector(".delivery").hidden = delivery !== "failed";
  item.querySelector(".outcome").textContent = reason;
}

function writeTime(element, atMs) {
  element.dateTime = new Date(atMs).toISOString();
  element.textContent = clock.format(atMs);
  element.title = calendar.format(atMs);
}

function writeBody(element, body) {
  const isText = typeof body === "string";
  const shown = isText ? body : (JSON.stringify(body) ?? "");
  const beyond = shown.length - SHOW_CHARACTERS;
  element.classList.toggle("json", !isText);
  element.textContent =
    beyond > 0 ? `${shown.slice(0, SHOW_CHARACTERS)}… (${beyond} more characters)` : shown;
}

/** The same sender always swims in the same colour. */
function hueOf(id) {
  let hash = 0;
  for (const character of id.slice(0, 64)) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return String(hash % HUES);
}
