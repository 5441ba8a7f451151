import { segment } from "./api.js";
import { confirmed } from "./confirm.js";
import { announce, el, problemLine, table } from "./dom.js";
import { ago, count, dateTime } from "./format.js";
import { SILENT_SECTION } from "./meanings.js";
import { newest } from "./newest.js";
import { renewChildren, say } from "./renew.js";
import { search } from "./search.js";

/** Rows of a user's connections that are shown. */
const MOST_ROWS = 100;

/** Finds a user's connections on all instances, ends them, and makes his tokens void. */
export function users({ place, rest, api, allowed }) {
  const find = newest((user) =>
    Promise.all([api.get(`v1/users/${segment(user)}`), silentWorkers()]).then(([found, silent]) => ({
      ...found,
      silent,
    })),
  );
  const result = el("div", { class: "result" });
  /** The user in `result`, and what of it changes. */
  let shown;
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

  /** Workers of this instance that do not answer: after some seconds nobody counts what they have. */
  async function silentWorkers() {
    if (!allowed.includes("operate")) return [];
    const { workers } = await api
      .get("instance", { after: api.nowMs() }, { timeoutMs: 4000 })
      .catch(() => ({ workers: [] }));
    return workers.flatMap(({ worker, isSilent }) => (isSilent ? [worker] : []));
  }

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
      shown = undefined;
      result.replaceChildren();
      form.problem(`${error.message}.`);
    }
  }

  function show(user, { connections, count: all, silent }) {
    if (shown?.user !== user) {
      shown = { user, ...panelOf(user) };
      result.replaceChildren(...shown.nodes);
    }
    const rows = connections.slice(0, MOST_ROWS);
    say(shown.summary, summaryOf(all, rows.length));
    renewChildren(shown.doubt, ...doubtAbout(silent));
    renewChildren(shown.list, ...(all === 0 ? [] : [connectionsTable(rows, api.nowMs())]));
    // A button that is off loses the focus.
    if (all === 0 && shown.forSome.includes(document.activeElement)) shown.again.focus();
    for (const button of shown.forSome) button.disabled = all === 0;
  }

  /** What is shown of a user. It stays while he is looked at again, and so do the focus and what is selected. */
  function panelOf(user) {
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
    const summary = el("p", { class: "summary" });
    const doubt = el("p", { class: "doubt" });
    const list = el("div");
    const again = button("Look again", () => look(user));
    const forSome = [
      button("Make them reconnect", () => end(user, true)),
      button("Disconnect", () => end(user, false), { class: "danger" }),
    ];
    const mayRevoke = allowed.includes("revoke");
    const revoking = button("Revoke tokens", () => revoke(user), { class: "danger", disabled: !mayRevoke });
    const hint = el("p", { class: "hint" }, "Revoking takes a key with ", el("code", {}, "revoke"), ".");
    const buttons = el("div", { class: "buttons" }, again, ...forSome, revoking);
    const nodes = [
      el("h2", {}, user),
      summary,
      doubt,
      list,
      buttons,
      ...(mayRevoke ? [] : [hint]),
      done,
      problem,
    ];
    return { nodes, summary, doubt, list, again, forSome };
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
    if (line !== null) line.textContent = `Connections of ${user} ended: ${count(connections)}.`;
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

function doubtAbout(silent) {
  if (silent.length === 0) return [];
  const [who, has] =
    silent.length === 1
      ? ["Worker", "does not answer: what it has"]
      : ["Workers", "do not answer: what they have"];
  const words = `${who} ${silent.join(", ")} of this instance ${has} is not counted, and not ended. `;
  return [words, el("a", { href: `#/runbook/${SILENT_SECTION}` }, "Runbook")];
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
