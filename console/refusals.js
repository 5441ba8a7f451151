import { segment } from "./api.js";
import { announce, el, goOnAt, problemLine, table } from "./dom.js";
import { dateTime } from "./format.js";
import { AUDITED, REFUSED } from "./meanings.js";
import { newest } from "./newest.js";

const PAGE = 50;

/** What is refused is what one mostly looks for. */
const { refuse, ...others } = AUDITED;
const KINDS = Object.entries({ refuse, "": "Everything", ...others });

/** Who was not let in and why, and what else the audit has, newest first. The browser's way back leads to what was looked at. */
export function refusals({ place, api }) {
  const type = el("select", { id: "type" }, ...KINDS.map(([value, text]) => el("option", { value }, text)));
  const user = el("input", {
    id: "user",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: "128",
  });
  const find = newest((query) => api.get("connections", query));
  const problem = problemLine();
  const list = el("div");
  const older = el("button", { type: "button", hidden: true }, "Older");
  const form = el(
    "form",
    {
      class: "filters",
      novalidate: true,
      onsubmit(event) {
        event.preventDefault();
        void look();
      },
    },
    el("div", {}, el("label", { for: "type" }, "What"), type),
    el("div", {}, el("label", { for: "user" }, "User, if one"), user),
    el("button", { class: "primary" }, "Look"),
  );
  type.addEventListener("change", () => void look());
  const left = history.state?.audit ?? {};
  type.value = left.type ?? type.value;
  user.value = left.user ?? "";
  place.append(
    el("h1", {}, "Audit"),
    form,
    el(
      "p",
      { class: "hint" },
      "At most 20 refusals per second and worker are recorded. Those at the door, such as for a rate or an origin, are counted in the ",
      el("a", { href: "#/overview" }, "overview"),
      " under the chart of refusals. ",
      el("a", { href: "#/runbook/handshakes-are-refused" }, "Runbook"),
    ),
    problem,
    list,
    el("div", { class: "buttons" }, older),
  );
  void look(left.before);

  async function look(before) {
    problem.textContent = "";
    const audit = { type: type.value, user: user.value.trim(), before };
    history.replaceState({ audit }, "");
    try {
      const query = { limit: PAGE, ...audit };
      const found = await find(query);
      if (found === undefined) return;
      const { events } = found;
      list.replaceChildren(
        events.length === 0 ? el("p", { class: "empty" }, "There is none.") : eventsTable(events),
      );
      older.hidden = events.length < PAGE;
      older.onclick = async () => {
        await look(events.at(-1).id);
        goOnAt(list.firstElementChild, older);
      };
      announce(`${events.length} entries`);
    } catch (error) {
      problem.textContent = `${error.message}.`;
    }
  }
}

function eventsTable(events) {
  return table(
    "Entries of the audit, newest first",
    ["when", "what", ...["why", "user", "by key"].map((text) => ({ text, isName: true })), "where"],
    events.map((event) => [
      el("time", { datetime: event.at }, dateTime(event.at)),
      AUDITED[event.type] ?? event.type,
      whyOf(event),
      event.user === undefined ? "–" : el("a", { href: `#/users/${segment(event.user)}` }, event.user),
      event.key ?? "–",
      `${event.instance} / ${event.worker}`,
    ]),
  );
}

function whyOf({ code, reason, token, room }) {
  if (code !== undefined) return el("span", {}, REFUSED[code] ?? code, " ", el("code", {}, code));
  if (room !== undefined) return el("a", { href: `#/room/${segment(room)}` }, room);
  return token === undefined ? (reason ?? "–") : el("span", {}, "token ", el("code", {}, token));
}
