import { segment } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, problemLine } from "./dom.js";
import { count, rate } from "./format.js";
import { poll } from "./poll.js";
import { renewChildren, say } from "./renew.js";
import { createTail } from "./tail.js";

const EVERY_MS = 2000;
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
    { type: "button", class: "danger", onclick: () => void ask() },
    "Remove all messages",
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
    done,
  );
  let heads = [];

  /** What a key that may list rooms but not read this one is shown. */
  async function listed(error) {
    if (error.status !== 403 || !allowed.includes("rooms")) throw error;
    const { rooms } = await api.get("v1/rooms", { prefix: name, limit: 1 });
    const [found] = rooms.filter((one) => one.room === name);
    if (found === undefined) throw error;
    return found;
  }

  async function look() {
    try {
      const found = await api.get(`v1/rooms/${segment(name)}`).catch(listed);
      say(problem, "");
      heard();
      const now = performance.now();
      if (heads.at(-1)?.epoch !== found.epoch) heads = [];
      heads = [...heads, { at: now, head: found.head, epoch: found.epoch }].slice(-MOST_HEADS);
      showFacts(found);
      await Promise.all([tail.look(), lookWho()]);
    } catch (error) {
      if (error.status === 404) say(problem, "This room was never used.");
      else if (error.status === 403)
        say(problem, "This room is closed to your key. It takes one with page in it.");
      else heard(error);
    }
  }

  function showFacts({ head, floor, epoch, members: there }) {
    const [first] = heads;
    const last = heads.at(-1);
    const seconds = (last.at - first.at) / 1000;
    const entries = [
      ["Newest number", count(head)],
      ["Removed up to", count(floor)],
      ["Published", seconds < 1 ? "measuring" : `${rate((last.head - first.head) / seconds)} /s`],
      ["Members", there === undefined ? "closed to your key" : count(there)],
      ["Epoch", el("code", {}, epoch)],
    ];
    renewChildren(
      facts,
      ...entries.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))),
    );
  }

  async function lookWho() {
    const { users, count: all } = await api.get(`v1/rooms/${segment(name)}/presence`).catch((error) => {
      if (error.status !== 403) throw error;
      return { users: [], count: 0 };
    });
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

  const polling = poll(EVERY_MS, look);
  return () => polling.stop();
}

/** The page of the list that was left. */
function backTo(kept) {
  const back = () => {
    kept.isBack = true;
  };
  return el("a", { href: `#/rooms/${segment(kept.list.prefix)}`, onclick: back }, "Back to the list");
}
