import { segment } from "./api.js";
import { el, problemLine } from "./dom.js";
import { count, dateTime, time } from "./format.js";
import { say } from "./renew.js";

/** Messages that are kept on the page; beyond it the oldest ones leave it, or with a look back the newest. */
const MOST_SHOWN = 200;
const PAGE = 50;
/** What came since the last look is asked for in pages of as many as are kept, and in so many of them: then the newest are shown. */
const MOST_PAGES = 5;

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
  const empty = el("p", { class: "empty" }, "There are no messages.");
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
    empty,
    box,
  );
  empty.hidden = true;
  box.hidden = true;
  /** Where the shown messages end, of which log; undefined before the first look. */
  let end;
  let isClosed = true;

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

  const newest = () => api.get(path, { before: Number.MAX_SAFE_INTEGER, limit: PAGE });

  /** Shows the newest messages. */
  async function begin() {
    const shown = end;
    const { epoch, messages, more } = await newest();
    if (epoch === null || end !== shown) return;
    list.replaceChildren(...messages.map(itemOf));
    end = { epoch, to: messages.at(-1)?.seq ?? 0 };
    earlier.disabled = !more;
  }

  /** Shows the next page of what has come. Returns whether there is more of it. */
  async function goOn() {
    const shown = end;
    const page = await api.get(path, { after: shown.to, epoch: shown.epoch, limit: MOST_SHOWN });
    // A look back has cut what this one follows, or the room was emptied.
    if (end !== shown) return false;
    if (page.reset) {
      restart();
      return false;
    }
    append(page.messages.map(itemOf));
    end = { ...shown, to: page.to };
    return !page.live;
  }

  /** A room that is written faster than it is read here: what is between is left out, and that is told. */
  async function skip() {
    const shown = end;
    const { epoch, messages } = await newest();
    if (end !== shown || epoch !== shown.epoch) return;
    const fresh = messages.filter(({ seq }) => seq > shown.to);
    if (fresh.length === 0) return;
    const passed = fresh[0].seq - shown.to - 1;
    const line = el("li", { class: "passed" }, `… ${count(passed)} messages passed over`);
    append([...(passed === 0 ? [] : [line]), ...fresh.map(itemOf)]);
    end = { ...shown, to: fresh.at(-1).seq };
  }

  function append(items) {
    list.append(...items);
    while (list.children.length > MOST_SHOWN) {
      list.firstElementChild.remove();
      earlier.disabled = false;
    }
    // What is before the first line is not shown anyway.
    if (list.firstElementChild?.className === "passed") list.firstElementChild.remove();
  }

  /** The newest messages, then what has come since. */
  async function look() {
    if (isClosed || (end !== undefined && !follow.checked)) return;
    try {
      if (end === undefined) await begin();
      else {
        let isBehind = true;
        for (let pages = 0; isBehind && pages < MOST_PAGES; pages += 1) isBehind = await goOn();
        if (isBehind) await skip();
      }
      empty.hidden = list.children.length > 0;
      box.hidden = !empty.hidden;
      if (follow.checked) box.scrollTop = box.scrollHeight;
    } catch (error) {
      if (error.status !== 403) throw error;
      allow(false);
    }
  }

  /** Whether the key may read the room, to begin with and whenever that changes. */
  function allow(isAllowed) {
    isClosed = !isAllowed;
    say(problem, isAllowed ? "" : "The messages are hidden: your key may not read this room (page).");
    for (const control of [follow, bodies]) control.disabled = isClosed;
    if (!isClosed) return;
    restart();
    box.hidden = true;
    empty.hidden = true;
    earlier.disabled = true;
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
      if (!more && document.activeElement === earlier) box.focus();
      earlier.disabled = !more;
      if (list.children.length <= MOST_SHOWN) return;
      while (list.children.length > MOST_SHOWN) list.lastElementChild.remove();
      if (list.lastElementChild.className === "passed") list.lastElementChild.remove();
      end = { ...end, to: Number(list.lastElementChild.dataset.seq) };
    } catch (error) {
      problem.textContent = `${error.message}.`;
    }
  }

  return { node, allow, look, restart };
}
