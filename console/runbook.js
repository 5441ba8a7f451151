import { el, problemLine } from "./dom.js";
import { marked } from "./marked/marked.esm.js";

/** The address of a heading, as the runbook's own links have it. */
const anchorOf = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

/** One section of docs/runbook.md, or its beginning; the text is the project's own, and served by this port. */
export function runbook({ place, rest }) {
  const text = el("article", { class: "runbook" });
  const problem = problemLine();
  place.append(problem, text);
  void load();

  async function load() {
    const response = await fetch("console/runbook.md").catch(() => undefined);
    if (response?.ok !== true) {
      problem.textContent = "The runbook cannot be had. It is docs/runbook.md of the project.";
      return;
    }
    const parts = (await response.text()).split(/^(?=## )/m);
    const [beginning, ...sections] = parts;
    const wanted = sections.find((section) => anchorOf(section.split("\n", 1)[0].slice(3)) === rest);
    text.innerHTML = marked.parse(wanted ?? beginning);
    for (const link of text.querySelectorAll("a")) adapt(link);
    for (const block of text.querySelectorAll("pre")) block.tabIndex = 0;
    for (const heading of text.querySelectorAll("h2:first-child")) {
      const title = el("h1", {}, ...heading.childNodes);
      heading.replaceWith(title);
    }
    const names = sections.map((section) => section.split("\n", 1)[0].slice(3));
    text.append(
      el(
        "nav",
        { "aria-label": "Sections of the runbook" },
        el("h2", {}, "All sections"),
        el(
          "ul",
          {},
          ...names.map((name) => el("li", {}, el("a", { href: `#/runbook/${anchorOf(name)}` }, name))),
        ),
      ),
    );
  }

  /** Its own links lead to sections; those to other documents lead nowhere from here. */
  function adapt(link) {
    const target = link.getAttribute("href") ?? "";
    if (target.startsWith("#")) link.setAttribute("href", `#/runbook/${target.slice(1)}`);
    else if (!/^https?:/.test(target)) link.replaceWith(el("code", {}, `docs/${target}`));
  }
}
