import { el, problemLine } from "./dom.js";

/** A form with one field, of this id. An empty field is told unless `mayBeEmpty`. */
export function search({ id = "search", label, hint, button, value = "", mayBeEmpty = false, onSearch }) {
  const input = el("input", {
    id,
    type: "search",
    ...{ autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: "128" },
    "aria-describedby": `${id}-hint`,
  });
  input.value = value;
  const problem = problemLine();
  const node = el(
    "form",
    {
      class: "search",
      novalidate: true,
      role: "search",
      "aria-label": button,
      onsubmit(event) {
        event.preventDefault();
        const wanted = input.value.trim();
        problem.textContent = "";
        if (wanted === "" && !mayBeEmpty) {
          problem.textContent = "Enter a name.";
          input.focus();
        } else onSearch(wanted);
      },
    },
    el("label", { for: id }, label),
    el("div", { class: "field" }, input, el("button", { class: "primary" }, button)),
    el("p", { class: "hint", id: `${id}-hint` }, hint),
    problem,
  );
  return {
    node,
    problem(text) {
      problem.textContent = text;
    },
  };
}
