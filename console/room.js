import { segment } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, problemLine } from "./dom.js";
import { count, rate } from "./format.js";
import { poll } from "./poll.js";
import { renewChildren, say } from "./renew.js";
import { createTail } from "./tail.js";

const EVERY_MS = 2000;
/** How often it is looked what the key may do in the room: what is closed to it is not asked. */
const RIGHTS_EVERY_MS = 5000;
/** Heads that the rate is taken over. */
const MOST_HEADS = 16;

/** One durable room: where it stands, who is there, its messages as they come, and its end. */
export function room({ place, rest: name, api, allowed, heard, kept }) {
  const facts = el("dl", { class: "facts" });
  const members = el("div", { class: "members" });
  const problem = problemLine();
  const tail = createTail(name, api);
  const done = el("p", { class: "done", role: "status" });
  const end = el(
    "button",
    { type: "button", class: "danger", disabled: true, onclick: () => void ask() },
    "Remove all messages",
  );
  const hint = el(
    "p",
    { class: "hint" },
    "Removing takes a key with ",
    el("code", {}, "manage"),
    " in this room.",
  );
  place.append(
    el(
      "p",
      { class: "back" },
      kept.list === undefined ? el("a", { href: "#/rooms" }, "All rooms") : backTo(kept),
    ),
    el("h1", {}, name),
    problem,
    facts,
    members,
    tail.node,
    el("div", { class: "buttons" }, end),
    hint,
    done,
  );
  hint.hidden = true;
  let heads = [];
  /** What the key may do in this room, as it was last heard. */
  let may;
  let isLeft = false;
  let looking = { stop() {} };

  async function lookAtRights() {
    const { inRoom } = await api.get("v1/key", { room: name });
    if (isLeft || `${inRoom}` === `${may}`) return;
    may = inRoom;
    hint.hidden = may.includes("manage");
    tail.allow(may.includes("page"));
    looking.stop();
    looking = poll(EVERY_MS, look);
  }

  /** No room can have such a name, and it will not get another one. */
  function noRoom({ message }) {
    rights.stop();
    heard();
    say(problem, `${message}.`);
    tail.node.hidden = true;
    end.hidden = true;
  }

  /** Where the room stands; null where it was never used, undefined where that is closed to the key. */
  async function state() {
    if (may.includes("page"))
      return api.get(`v1/rooms/${segment(name)}`).catch((error) => {
        if (error.status === 404) return null;
        throw error;
      });
    if (!allowed.includes("rooms")) return undefined;
    const { rooms } = await api.get("v1/rooms", { prefix: name, limit: 1 });
    return rooms.find((one) => one.room === name) ?? null;
  }

  async function look() {
    try {
      const found = await state();
      heard();
      show(found);
      await Promise.all([found === null ? undefined : tail.look(), lookWho()]);
    } catch (error) {
      if (error.status === 403) void rights.now();
      else heard(error);
    }
  }

  function show(found) {
    if (found === undefined) say(problem, "This room is closed to your key. It takes one with page in it.");
    else say(problem, found === null ? "This room was never used." : "");
    tail.node.hidden = found === null;
    end.disabled = found === null || !may.includes("manage");
    if (!found || heads.at(-1)?.epoch !== found.epoch) heads = [];
    if (!found) return facts.replaceChildren();
    heads = [...heads, { at: performance.now(), head: found.head, epoch: found.epoch }].slice(-MOST_HEADS);
    showFacts(found);
  }

  function showFacts({ head, floor, epoch, members: there }) {
    const [first] = heads;
    const last = heads.at(-1);
    const seconds = (last.at - first.at) / 1000;
    const entries = [
      ["Newest number", count(head)],
      ["Removed up to", count(floor)],
      ["Published", seconds < 1 ? "measuring" : `${rate((last.head - first.head) / seconds)} /s`],
      ["Members", there === undefined ? el("span", {}, "takes ", el("code", {}, "page")) : count(there)],
      ["Epoch", el("code", {}, epoch)],
    ];
    renewChildren(
      facts,
      ...entries.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))),
    );
  }

  async function lookWho() {
    if (!may.includes("presence")) {
      const closed = el("p", { class: "hint" }, "Who is here: takes ", el("code", {}, "presence"), ".");
      return renewChildren(members, closed);
    }
    const { users, count: all } = await api.get(`v1/rooms/${segment(name)}/presence`);
    const shown = [...users].sort().slice(0, 50);
    const links = shown.map((user) =>
      el("li", { "data-row": user }, el("a", { href: `#/users/${segment(user)}` }, user)),
    );
    const more = all > shown.length ? [el("li", {}, `and ${count(all - shown.length)} more`)] : [];
    renewChildren(
      members,
      ...(all === 0 ? [] : [el("p", {}, "Here:"), el("ul", { class: "names" }, ...links, ...more)]),
    );
  }

  async function ask() {
    const consequence =
      "All messages of the room are gone for good. It gets another epoch, its numbers go on, and subscribers begin afresh.";
    if (!(await confirmed(`Remove all messages of ${name}?`, consequence, "Remove", name))) return;
    done.textContent = "";
    try {
      const { epoch } = await api.remove(`v1/rooms/${segment(name)}`);
      done.textContent = `Removed; the room has the epoch ${epoch} now.`;
      tail.restart();
    } catch (error) {
      const why =
        error.status === 403 ? "your key may not. It takes one with manage in this room" : error.message;
      done.textContent = `Not done: ${why}.`;
    }
  }

  const rights = poll(RIGHTS_EVERY_MS, () =>
    lookAtRights().catch((error) => {
      if (error.status === 400) return noRoom(error);
      heard(error);
      throw error;
    }),
  );
  return () => {
    isLeft = true;
    rights.stop();
    looking.stop();
  };
}

/** The page of the list that was left. */
function backTo(kept) {
  const back = () => {
    kept.isBack = true;
  };
  return el("a", { href: `#/rooms/${segment(kept.list.prefix)}`, onclick: back }, "Back to the list");
}
