import { segment } from "./api.js";
import { announce, closedNote, el, goOnAt, table } from "./dom.js";
import { count } from "./format.js";
import { newest } from "./newest.js";
import { say } from "./renew.js";
import { search } from "./search.js";

const PAGE = 50;

/** Durable rooms by the beginning of their names, page by page, and the way to one by its name. */
export function rooms({ place, rest, api, allowed, heard, kept }) {
  const way = search({
    id: "open",
    label: "Open a room by its name",
    hint: "The whole name; also one that you may not list",
    button: "Open",
    onSearch: (name) => {
      location.hash = `#/room/${segment(name)}`;
    },
  });
  if (!allowed.includes("rooms")) {
    place.append(el("h1", {}, "Rooms"), way.node, closedNote("The list", "rooms"));
    return;
  }
  const find = newest((query) => api.get("v1/rooms", query));
  const list = el("div");
  const turn = (isOn) => async (event) => {
    await move(isOn);
    goOnAt(list.firstElementChild, event.target);
  };
  const previous = el("button", { type: "button", onclick: turn(false) }, "Previous");
  const next = el("button", { type: "button", onclick: turn(true) }, "Next");
  const number = el("span", { class: "hint" });
  const pager = el("div", { class: "buttons", hidden: true }, previous, number, next);
  let move;
  const form = search({
    label: "Rooms whose names begin with",
    hint: "Empty: all of them, in the order of their names",
    button: "List",
    value: rest,
    mayBeEmpty: true,
    onSearch: (prefix) => {
      history.replaceState(null, "", `#/rooms/${segment(prefix)}`);
      void page(prefix, [null]);
    },
  });
  place.append(el("h1", {}, "Rooms"), el("div", { class: "ways" }, form.node, way.node), list, pager);
  // Who comes back from a room finds the page that he left, by the link there or by the browser's history.
  const isBack = kept.isBack && kept.list.prefix === rest;
  const { starts: known = [null] } = history.state ?? (isBack ? kept.list : {});
  kept.isBack = false;
  void page(rest, known);

  /** `starts` are the beginnings of the pages up to this one; that of the first is null. */
  async function page(prefix, starts) {
    form.problem("");
    history.replaceState({ starts }, "");
    kept.list = { prefix, starts };
    try {
      const answer = await find({ prefix, after: starts.at(-1) ?? undefined, limit: PAGE });
      if (answer === undefined) return;
      const { rooms: found, next: after } = answer;
      heard();
      show(found);
      previous.disabled = starts.length === 1;
      next.disabled = after === undefined;
      say(number, `page ${starts.length}`);
      pager.hidden = false;
      move = (isOn) => page(prefix, isOn ? [...starts, after] : starts.slice(0, -1));
      announce(`${found.length} rooms on page ${starts.length}`);
    } catch (error) {
      form.problem(`${error.message}.`);
    }
  }

  function show(found) {
    list.replaceChildren(
      found.length === 0
        ? el("p", { class: "empty" }, "No durable room has such a name.")
        : table(
            "Durable rooms",
            [
              { text: "room", isName: true },
              { text: "newest number", number: true },
              { text: "kept", number: true },
            ],
            found.map(({ room, head, floor }) => [
              el("a", { href: `#/room/${segment(room)}` }, room),
              count(head),
              count(head - floor),
            ]),
          ),
    );
  }
}
