import { paint } from "./colours.js";
import { keeps } from "./storage.js";

const SHOW_CHARACTERS = 8_000;
const SHOW_NAME_CHARACTERS = 64;
/** What follows an address in a sentence does not belong to it. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]}]/gi;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** What stands at the end of a message's line, and what it means. */
const MARKS = {
  stored: ({ seq }) => [String(seq), `Number ${seq} of this room, the same for everyone`],
  confirmed: ({ seq }) => [`✓ ${seq}`, `Stored, and confirmed as number ${seq} of this room`],
  pending: () => [
    "pending",
    `Not confirmed yet. It is ${keeps() ? "kept in this browser, and " : ""}sent until it is`,
  ],
  failed: () => ["not sent", "The server has refused it"],
  relayed: () => ["not stored", "Relayed once to whoever is connected; gone after a reload"],
};

/** The list item of one message. What came over the wire becomes text, never markup. */
export function createMessageItem({ from, body, at, own }) {
  const template = document.getElementById("message-template");
  const item = template.content.cloneNode(true).firstElementChild;
  const name = String(from).slice(0, SHOW_NAME_CHARACTERS);
  paint(item, name, Boolean(own));
  const who = item.querySelector(".who");
  who.textContent = own ? "You" : name;
  if (own) who.title = name;
  const atMs = Date.parse(at) || Date.now();
  const time = item.querySelector("time");
  time.dateTime = new Date(atMs).toISOString();
  time.textContent = clock.format(atMs);
  time.title = calendar.format(atMs);
  writeBody(item.querySelector(".body"), body);
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

function writeBody(element, body) {
  const isText = typeof body === "string";
  const whole = isText ? body : (JSON.stringify(body) ?? "");
  const beyond = whole.length - SHOW_CHARACTERS;
  const text = beyond > 0 ? `${whole.slice(0, SHOW_CHARACTERS)}… (${beyond} more characters)` : whole;
  element.classList.toggle("json", !isText);
  element.append(...(isText ? withLinks(text) : [text]));
}

/** The text with its addresses as links: those that begin with http or https, and nothing else. */
function* withLinks(text) {
  let end = 0;
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    if (!URL.canParse(address)) continue;
    yield text.slice(end, index);
    const link = document.createElement("a");
    Object.assign(link, {
      href: address,
      textContent: address,
      target: "_blank",
      rel: "noopener noreferrer",
    });
    yield link;
    end = index + address.length;
  }
  yield text.slice(end);
}
