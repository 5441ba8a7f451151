import { createApi, named } from "./api.js";
import { takeBack } from "./confirm.js";
import { announce, closedNote, el } from "./dom.js";
import { overview } from "./overview.js";
import { poll } from "./poll.js";
import { refusals } from "./refusals.js";
import { say } from "./renew.js";
import { room } from "./room.js";
import { rooms } from "./rooms.js";
import { runbook } from "./runbook.js";
import { users } from "./users.js";

const form = document.getElementById("sign-in-form");
const keyField = document.getElementById("key");
const problem = document.getElementById("key-problem");
const nav = document.getElementById("nav");
const content = document.getElementById("content");
const main = document.getElementById("view");
const lost = document.getElementById("lost");

/** Views by the first part of the address: what they are called, and what the key must be allowed to. */
const VIEWS = {
  overview: { title: "Overview", show: overview, needs: "operate" },
  users: { title: "Users", show: users, needs: "users" },
  rooms: { title: "Rooms", show: rooms }, // without the right to list them one is opened by its name
  room: { title: "Room", show: room, under: "rooms" },
  refusals: { title: "Audit", show: refusals, needs: "operate" },
  runbook: { title: "Runbook", show: runbook },
};

/** How often it is looked whether the key still counts, whatever the view asks by itself. */
const KEY_EVERY_MS = 5000;

const api = createApi((name) => signOut(name === undefined ? UNKNOWN : lostKey(name)));
const UNKNOWN =
  "This key does not count. Look whether all of it is there, and whether it is one of this instance.";
const lostKey = (name) =>
  `The key ${name} counts no longer: it was taken out or replaced. Sign in with the new one; this view opens again.`;
let allowed = [];
let leave = () => {};
/** Ends the view that is shown, and what it asks. */
function closeView() {
  takeBack();
  leave();
  leave = () => {};
}
/** What views leave for each other. */
let kept = {};
let keyPoll = { stop() {} };

function signOut(reason = "") {
  closeView();
  kept = {};
  keyPoll.stop();
  api.forget();
  content.replaceChildren();
  document.body.dataset.signed = "out";
  nav.hidden = true;
  document.getElementById("who").hidden = true;
  document.getElementById("sign-in").hidden = false;
  lost.textContent = "";
  problem.textContent = reason;
  keyField.value = "";
  keyField.focus();
}

async function signIn() {
  problem.textContent = "";
  try {
    await lookAtKey();
    api.keep();
  } catch (error) {
    if (error.status === 401) return;
    problem.textContent =
      error.status === 503
        ? "No worker can answer. Look at the log of the instance, and try again."
        : `${error.message}. Try again.`;
    return;
  }
  const isInForm = form.contains(document.activeElement);
  document.body.dataset.signed = "in";
  document.getElementById("sign-in").hidden = true;
  document.getElementById("who").hidden = false;
  nav.hidden = false;
  show();
  if (isInForm) main.focus({ preventScroll: true }); // what had it is hidden now
  keyPoll.stop();
  keyPoll = poll(KEY_EVERY_MS, lookAtKey);
}

/** A key that is taken away ends the sign-in. Where its rights are others than before, the view is opened anew, or is closed. */
async function lookAtKey() {
  const { key, operations } = await api.get("v1/key");
  const isOther = `${operations}` !== `${allowed}`;
  allowed = operations;
  document.getElementById("key-name").textContent = key;
  for (const link of nav.children) {
    const { needs } = VIEWS[link.hash.slice(2)];
    const isClosed = needs !== undefined && !allowed.includes(needs);
    link.classList.toggle("closed", isClosed);
    link.title = isClosed ? `This key may not: ${needs}` : "";
  }
  if (!isOther) return;
  const isInView = content.contains(document.activeElement);
  show();
  if (isInView) main.focus({ preventScroll: true }); // what had it is gone
}

function show() {
  if (document.body.dataset.signed !== "in") return;
  closeView();
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : VIEWS.overview;
  const at = view === VIEWS[name] ? name : "overview";
  for (const link of nav.children) {
    const isHere = link.hash === `#/${view.under ?? at}`;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.title} · Shoal console`;
  lost.textContent = "";
  const place = el("section", { "data-view": at });
  content.replaceChildren(place);
  leave = open(view, place, named(rest.join("/"))) ?? (() => {});
  scrollTo(0, 0);
  announce(view.title);
}

function open({ title, show: fill, needs }, place, rest) {
  /** What comes after the view was left is not about the one that is shown. */
  function heardHere(error) {
    if (place.isConnected) heard(error);
  }
  if (needs === undefined || allowed.includes(needs))
    return fill({ place, rest, api, allowed, heard: heardHere, kept });
  place.append(el("h1", {}, title), closedNote("This view", needs));
}

/** Says once that answers do not come, and takes it back when they do. */
function heard(error) {
  const isTold = error !== undefined && error.status !== 401;
  say(lost, isTold ? `No news: ${error.message}. Trying again.` : "");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const key = keyField.value.trim();
  // What a copy brought along, such as a space of no width, goes into no header.
  const isForeign = /[^\x21-\x7e]/.test(key);
  if (key === "" || isForeign) {
    problem.textContent = isForeign ? UNKNOWN : "Enter a key.";
    keyField.focus();
    return;
  }
  api.use(key);
  void signIn();
});
// The address names a view: followed as a link, it would lead to another one.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("sign-out").addEventListener("click", () => signOut());
window.addEventListener("hashchange", () => {
  show();
  main.focus({ preventScroll: true });
});
if (api.hasKey()) void signIn();
else keyField.focus();
