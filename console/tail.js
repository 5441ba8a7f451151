import { segment } from "./api.js";
import { el, problemLine } from "./dom.js";
import { dateTime, time } from "./format.js";

/** Messages that are kept on the page; beyond it the oldest ones leave it, or with a look back the newest. */
const MOST_SHOWN = 200;
const PAGE = 50;

/** The messages of a room: the newest ones and what comes, and on request those before. Bodies are shown when they are asked for. */
export function createTail(room, api) {
  const path = `v1/rooms/${segment(room)}/messages`;
  const list = el("ol", { class: "tail" });
  const problem = problemLine();
  const earlier = el(
    "button",
    { type: "button", disabled: true, onclick: () => void back() },
    "Show earlier",
  );
  const follow = el("input", { type: "checkbox", id: "follow", checked: true });
  const bodies = el("input", {
    type: "checkbox",
    id: "bodies",
    onchange: () => list.classList.toggle("bare", !bodies.checked),
  });
  list.classList.add("bare");
  const box = el("div", { class: "tail-box", tabindex: "0", role: "region", "aria-label": "Messages" }, list);
  const node = el(
    "section",
    { class: "messages" },
    el("h2", {}, "Messages"),
    el(
      "div",
      { class: "buttons" },
      earlier,
      el("label", { class: "check", for: "follow" }, follow, "Follow what comes"),
      el("label", { class: "check", for: "bodies" }, bodies, "Show bodies"),
    ),
    problem,
    box,
  );
  /** Where the shown messages end, of which log; undefined before the first look. */
  let end;
  let isClosed = false;

  const itemOf = ({ seq, from, id, body, at }) =>
    el(
      "li",
      { "data-seq": seq },
      el("span", { class: "seq" }, seq),
      el("span", { class: "from" }, from),
      el("time", { datetime: at, title: `${dateTime(at)}, id ${id}` }, time(at)),
      el("span", { class: "body", dir: "auto" }, typeof body === "string" ? body : JSON.stringify(body)),
    );

  function restart() {
    list.replaceChildren();
    end = undefined;
  }

  /** The newest messages, then what has come since. */
  async function look() {
    if (isClosed || (end !== undefined && !follow.checked)) return;
    const shown = end;
    try {
      if (end === undefined) {
        const { epoch, messages, more } = await api.get(path, {
          before: Number.MAX_SAFE_INTEGER,
          limit: PAGE,
        });
        if (epoch === null || end !== shown) return;
        list.replaceChildren(...messages.map(itemOf));
        end = { epoch, to: messages.at(-1)?.seq ?? 0 };
        earlier.disabled = !more;
      } else {
        const page = await api.get(path, { after: end.to, epoch: end.epoch, limit: PAGE });
        // A look back has cut what this one follows, or the room was emptied.
        if (end !== shown) return;
        if (page.reset) {
          restart();
          return;
        }
        list.append(...page.messages.map(itemOf));
        end = { ...end, to: page.to };
        while (list.children.length > MOST_SHOWN) list.firstElementChild.remove();
      }
      if (follow.checked) box.scrollTop = box.scrollHeight;
    } catch (error) {
      if (error.status !== 403) throw error;
      isClosed = true;
      problem.textContent = "The messages are hidden: your key may not read this room (page).";
      for (const control of [earlier, follow, bodies]) control.disabled = true;
    }
  }

  async function back() {
    problem.textContent = "";
    const before = Number(list.firstElementChild?.dataset.seq ?? 0);
    if (before === 0) return;
    follow.checked = false;
    try {
      const { messages, more } = await api.get(path, { before, limit: PAGE });
      // It was overtaken: by another look back, by messages that came in after it, or by the end of the room.
      if (Number(list.firstElementChild?.dataset.seq) !== before) return;
      list.prepend(...messages.map(itemOf));
      earlier.disabled = !more;
      if (list.children.length <= MOST_SHOWN) return;
      while (list.children.length > MOST_SHOWN) list.lastElementChild.remove();
      end = { ...end, to: Number(list.lastElementChild.dataset.seq) };
    } catch (error) {
      problem.textContent = `${error.message}.`;
    }
  }

  return { node, look, restart };
}
