import { segment } from "./api.js";
import { confirmed } from "./confirm.js";
import { announce, el, problemLine, table } from "./dom.js";
import { ago, count, dateTime } from "./format.js";
import { newest } from "./newest.js";
import { search } from "./search.js";

/** Rows of a user's connections that are shown. */
const MOST_ROWS = 100;

/** Finds a user's connections on all instances, ends them, and makes his tokens void. */
export function users({ place, rest, api, allowed }) {
  const find = newest((user) => api.get(`v1/users/${segment(user)}`));
  const result = el("div", { class: "result" });
  const form = search({
    label: "User",
    hint: "The whole id, as in the token",
    button: "Find",
    value: rest,
    onSearch: (name) => {
      history.replaceState(null, "", `#/users/${segment(name)}`);
      void look(name);
    },
  });
  place.append(el("h1", {}, "Users"), form.node, result);
  if (rest !== "") void look(rest);

  async function look(user) {
    form.problem("");
    try {
      const found = await find(user);
      if (found === undefined) return;
      show(user, found);
      announce(
        found.count === 0 ? `${user} is not connected` : `Connections of ${user}: ${count(found.count)}`,
      );
    } catch (error) {
      result.replaceChildren();
      form.problem(`${error.message}.`);
    }
  }

  function show(user, { connections, count: all }) {
    const problem = problemLine();
    const done = el("p", { class: "done", role: "status" });
    const act = (work) => async () => {
      problem.textContent = "";
      try {
        done.textContent = (await work()) ?? done.textContent;
      } catch (error) {
        problem.textContent = `Not done: ${error.message}.`;
      }
    };
    const button = (text, work, properties = {}) =>
      el("button", { type: "button", ...properties, onclick: act(work) }, text);
    const shown = connections.slice(0, MOST_ROWS);
    result.replaceChildren(
      el("h2", {}, user),
      el("p", { class: "summary" }, summaryOf(all, shown.length)),
      ...(all === 0 ? [] : [connectionsTable(shown, api.nowMs())]),
      el(
        "div",
        { class: "buttons" },
        button("Look again", () => look(user)),
        button("Make them reconnect", () => end(user, true), { disabled: all === 0 }),
        button("Disconnect", () => end(user, false), { class: "danger", disabled: all === 0 }),
        button("Revoke tokens", () => revoke(user), {
          class: "danger",
          disabled: !allowed.includes("revoke"),
        }),
      ),
      allowed.includes("revoke")
        ? ""
        : el("p", { class: "hint" }, "Revoking takes a key with ", el("code", {}, "revoke"), "."),
      done,
      problem,
    );
  }

  async function end(user, reconnect) {
    const consequence = reconnect
      ? "Clients come back by themselves."
      : "Stock clients stay away until the application connects them. Who has a token can come again.";
    if (!(await confirmed(`End the connections of ${user}?`, consequence, "Disconnect"))) return undefined;
    const { connections } = await api.post(`v1/users/${segment(user)}/disconnect`, { reconnect });
    await look(user);
    // By now somebody else may be shown, or nobody.
    const line = result.querySelector(".done");
    if (line === null) return undefined;
    line.textContent = `Connections of ${user} ended: ${count(connections)}.`;
    // The button that had the focus is gone.
    if (document.activeElement === document.body) result.querySelector("button").focus();
    return undefined;
  }

  async function revoke(user) {
    const consequence =
      "All tokens issued so far are void, on all instances, within 6 s. Connections with them are closed.";
    if (!(await confirmed(`Revoke the tokens of ${user}?`, consequence, "Revoke"))) return undefined;
    const { closedBy } = await api.post("v1/revocations", { targets: [`user:${user}`] });
    return `The tokens are revoked; the last connection is closed by ${dateTime(closedBy)}.`;
  }
}

function summaryOf(all, shown) {
  if (all === 0) return "Not connected, on any instance.";
  return `Connections: ${count(all)}${all === shown ? "" : `, of which ${count(shown)} are shown`}`;
}

function connectionsTable(connections, nowMs) {
  return table(
    "Connections",
    ["session", "instance", "worker", "transport", "since", { text: "rooms", isName: true }],
    connections.map(({ session, instance, worker, transport, since, rooms, roomCount }) => [
      el("code", {}, session),
      instance,
      worker,
      transport,
      el("time", { datetime: since, title: dateTime(since) }, `${ago(since, nowMs)} ago`),
      roomsOf(rooms, roomCount),
    ]),
  );
}

function roomsOf(rooms, roomCount) {
  if (roomCount === 0) return "none";
  const links = rooms.map((name) => el("li", {}, el("a", { href: `#/room/${segment(name)}` }, name)));
  const more = roomCount > rooms.length ? [el("li", {}, `and ${count(roomCount - rooms.length)} more`)] : [];
  return el("ul", { class: "names" }, ...links, ...more);
}
