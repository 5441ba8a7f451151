import { createComposer, focusDraft, focusDraftAfterLoad, resumeFocus } from "./composer.js";
import { createConnection } from "./connection.js";
import { chooseName, isNamed, rename } from "./identity.js";
import { createOffline } from "./offline.js";
import { createOutbox } from "./outbox.js";
import { createPeople, showPeople } from "./people.js";
import { createProof } from "./proof.js";
import { createRooms, roomInAddress } from "./rooms.js";
import { announceRoom, createStatus, showRoom } from "./status.js";
import { KEEPS_NOTHING, keep, read } from "./storage.js";
import { createToken, isTokenWanted, wantToken } from "./token.js";
import { createTyping, typingName } from "./typing.js";

/** How often the header is brought up to date besides: numbers may pass without a message to show. */
const REFRESH_MS = 1_000;
/** Who this tab is, where the server knows it better: from a token or a cookie. */
const USER_KEY = "shoal.user";

const byId = (id) => document.getElementById(id);

/** Puts the page together: who one is, the connection, and what shows it. */
async function start() {
  announceRoom(roomInAddress().name, isTokenWanted());
  const status = createStatus({ connection: () => connection, onRetry: () => connection.retryNow() });
  const onWait = (isWaiting) => {
    status.waitForSignIn(isWaiting);
    if (!isWaiting) focusDraft();
  };
  const token = isTokenWanted() ? createToken({ onWait }) : undefined;
  const name = token ? undefined : await chooseName();
  let isConnected = false;
  let refresh = () => {};
  const connection = createConnection({
    user: name,
    token,
    on: {
      tokenWanted() {
        wantToken();
        if (isTokenWanted()) location.reload();
        else status.show({ phase: "refused", problem: `${KEEPS_NOTHING}: allow that to sign in` });
      },
      state(state) {
        isConnected = state.phase === "connected";
        status.show(state);
        refresh();
      },
    },
  });
  window.addEventListener("online", connection.retryNow);
  createOffline(byId("offline"));
  watchMenu();
  watchCopying();

  const user = read("tab", USER_KEY) ?? name ?? (await connection.firstSession).user;
  connection.speakFor(user);
  const outbox = createOutbox(user);
  const proof = createProof({
    send: (body) => rooms.front().send(body),
    lastOf: (room) => rooms.get(room)?.status().last,
  });
  const people = createPeople({ connection, onChange: () => refresh() });
  const rooms = createRooms({
    parts: { connection, outbox, user, proof },
    people,
    on: {
      change: () => refresh(),
      message: (room, { from }) => isFront(room) && typing.stop(from),
      shown(room) {
        typing.clear();
        composer.address(room.name);
        byId("second-person").href = location.href;
        closeMenu();
        refresh();
      },
    },
  });
  const isFront = (room) => room === rooms.front()?.name;
  const typing = createTyping({
    send: () => void connection.ask("message", { room: rooms.front().name, body: { typing: user } }),
  });
  const composer = createComposer({
    onTyped: typing.typed,
    onSubmit(body) {
      typing.sent();
      rooms.front().send(body);
    },
    isFull: outbox.isFull,
  });

  refresh = () => {
    const room = rooms.front();
    if (room === undefined) return;
    showRoom(room.name, room.status(), isConnected);
    showPeople(people.in(room.name), user);
    proof.show();
  };
  /** What is only relayed: news of somebody writing, or whatever another client sends. */
  connection.socket.on("message", (message) => {
    const writer = typingName(message.body);
    if (writer === undefined) (rooms.get(message.room) ?? rooms.front())?.showRelayed(message);
    else if (isFront(message.room)) typing.started(writer);
  });
  connection.onSession((session) => {
    status.session(session);
    proof.session(session);
    const { user: known = user } = session;
    if (token !== undefined || known !== user) keep("tab", USER_KEY, known);
    // Another token, or a cookie that says who this is: all here was made for the one before.
    // What was not kept would be as before after the load, and this would have no end.
    if (known === user || read("tab", USER_KEY) !== known) return;
    if (document.activeElement === byId("draft")) focusDraftAfterLoad();
    location.reload();
  });

  showIdentity({ user, token, outbox, isConnected: () => isConnected });
  for (const part of document.querySelectorAll("[inert]")) part.inert = false;
  resumeFocus();
  rooms.start(outbox.rooms());
  setInterval(() => refresh(), REFRESH_MS);
}

/** One's own name, which is asked for once and can be changed; or the way out, where a token says who one is. */
function showIdentity({ user, token, outbox, isConnected }) {
  const form = byId("user-form");
  const input = byId("user-name");
  const problem = byId("user-problem");
  const button = byId("user-change");
  input.value = user;
  form.hidden = token !== undefined || isNamed();
  button.textContent = token ? "Sign out" : "Change name";
  button.addEventListener("click", () => {
    if (token === undefined) {
      setMenu(false);
      form.hidden = false;
      input.focus();
      return;
    }
    wantToken(null);
    keep("tab", USER_KEY, null);
    location.reload();
  });

  async function problemOf(name) {
    if (name === user) return rename(name, user);
    // Sent again under another name, what was stored already would be stored twice.
    if (outbox.count() > 0) return "Not while messages are unsent: they carry the old name";
    return isConnected() ? rename(name, user) : "Not without a connection";
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    problem.textContent = await problemOf(name);
    const isWrong = problem.textContent !== "";
    input.setAttribute("aria-invalid", String(isWrong));
    if (isWrong) return;
    form.hidden = true;
    if (name === user) return focusDraft();
    focusDraftAfterLoad();
    location.reload(); // all here was made for the former name
  });
  form.addEventListener("keydown", ({ key, isComposing }) => {
    // Who has no name of his own yet is asked for one as long as that is so.
    if (key !== "Escape" || isComposing || !isNamed()) return;
    form.hidden = true;
    input.value = user;
    problem.textContent = "";
    input.setAttribute("aria-invalid", "false");
    button.focus();
    if (document.activeElement !== button) byId("menu").focus(); // on a phone the button is in the menu
  });
}

/** On a phone the side covers everything else while it is open: that is a dialog. */
function setMenu(isOpen) {
  byId("side").role = isOpen ? "dialog" : null;
  byId("side").ariaModal = isOpen ? "true" : null;
  document.body.dataset.menu = isOpen ? "open" : "closed";
  byId("menu").setAttribute("aria-expanded", String(isOpen));
}

/** The focus goes where one can open it again: what had it is hidden. */
function closeMenu() {
  if (document.body.dataset.menu !== "open") return;
  setMenu(false);
  byId("menu").focus();
}

function watchMenu() {
  byId("menu").addEventListener("click", () => {
    setMenu(true);
    byId("menu-close").focus();
  });
  byId("menu-close").addEventListener("click", closeMenu);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && closeMenu());
}

/** Buttons that put something on the clipboard, and say so; browsers give it to pages only over HTTPS and on localhost. */
function watchCopying() {
  const texts = { "room-link": () => location.href, "kill-copy": () => byId("kill").textContent };
  for (const [id, text] of Object.entries(texts)) {
    const button = byId(id);
    const label = button.textContent;
    button.hidden = navigator.clipboard === undefined;
    button.addEventListener("click", async () => {
      // A shorter label would let what stands beside it come under the pointer.
      button.style.minWidth = `${button.getBoundingClientRect().width}px`;
      const copied = () => "Copied";
      button.textContent = await navigator.clipboard.writeText(text()).then(copied, () => "Not copied");
      setTimeout(() => {
        button.textContent = label;
        button.style.minWidth = "";
      }, 2_000);
    });
  }
}

void start();
