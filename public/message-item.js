const SHOW_CHARACTERS = 8_000;
const SHOW_NAME_CHARACTERS = 64;
const HUES = 6;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** What stands at the end of a message's line, and what it means. */
const MARKS = {
  stored: ({ seq }) => [String(seq), `Number ${seq} of this room, the same for everyone`],
  confirmed: ({ seq }) => [`✓ ${seq}`, `Stored, and confirmed as number ${seq} of this room`],
  pending: () => ["pending", "Not confirmed yet. It is kept in this browser, and sent until it is"],
  failed: () => ["not sent", "The server has refused it"],
  relayed: () => ["not stored", "Relayed once to whoever is connected; gone after a reload"],
};

/** The list item of one message. What came over the wire becomes `textContent` or a title, never markup. */
export function createMessageItem({ from, body, at, own }) {
  const template = document.getElementById("message-template");
  const item = template.content.cloneNode(true).firstElementChild;
  const name = String(from).slice(0, SHOW_NAME_CHARACTERS);
  item.dataset.hue = own ? "self" : hueOf(name);
  const who = item.querySelector(".who");
  who.textContent = own ? "You" : name;
  if (own) who.title = name;
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

/** Shows how far a message got: stored or confirmed (both with `seq`), pending, failed (with a `reason`), or relayed. */
export function markMessageItem(item, delivery, details = {}) {
  const [text, meaning] = MARKS[delivery](details);
  const mark = item.querySelector(".number");
  item.dataset.delivery = delivery;
  mark.textContent = text;
  mark.title = meaning;
  item.querySelector(".delivery").hidden = delivery !== "failed";
  item.querySelector(".outcome").textContent = details.reason ?? "";
}

/** The same name always swims in the same colour. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name.slice(0, 64)) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return String(hash % HUES);
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
