import { keep, read } from "./storage.js";

/** Longer drafts are refused here: a packet over the server's limit would cost the connection. */
const MOST_CHARACTERS = 4_000;
const COUNT_FROM = 3_500;
/** Set while the focus is on its way into the draft. */
const FOCUS_KEY = "shoal.focus";

const FULL = "Too many messages wait to be sent: wait for a connection";
const number = new Intl.NumberFormat("en");

/** Puts the focus into the draft: now, or where nothing can be written yet, once {@link resumeFocus} is called; that may be after a load. */
export function focusDraft() {
  const draft = document.getElementById("draft");
  const isClosed = draft.closest("[inert]") !== null;
  keep("tab", FOCUS_KEY, isClosed ? "draft" : null);
  if (!isClosed) draft.focus();
}

/** The focus comes into the draft after the next load. */
export const focusDraftAfterLoad = () => keep("tab", FOCUS_KEY, "draft");

export function resumeFocus() {
  if (read("tab", FOCUS_KEY) !== null) focusDraft();
}

/** The field for a new message. `onTyped()` is called when something was written into it, `onSubmit(body)` gets a text that is not empty. */
export function createComposer({ onTyped, onSubmit, isFull }) {
  const form = document.getElementById("composer");
  const draft = document.getElementById("draft");
  const problem = document.getElementById("draft-problem");
  const count = document.getElementById("draft-count");

  function check(refusal = "") {
    const { length } = draft.value.trim();
    const over = length - MOST_CHARACTERS;
    const tooLong = `${number.format(over)} ${over === 1 ? "character" : "characters"} too many`;
    const wrong = over > 0 ? tooLong : refusal;
    count.textContent =
      length < COUNT_FROM ? "" : `${number.format(length)} of ${number.format(MOST_CHARACTERS)}`;
    if (problem.textContent !== wrong) problem.textContent = wrong;
    draft.setAttribute("aria-invalid", String(wrong !== ""));
    return wrong === "" && length > 0;
  }

  draft.addEventListener("input", () => {
    check();
    if (draft.value.trim() !== "") onTyped();
  });
  draft.addEventListener("keydown", (event) => {
    // Enter also ends the composition of a character in many input methods.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!check(isFull() ? FULL : "")) return;
    const body = draft.value.trim();
    draft.value = "";
    check();
    onSubmit(body);
  });

  return {
    /** Says in which room it will be read. */
    address(room) {
      document.getElementById("draft-label").textContent = `Message to the room ${room}`;
      draft.placeholder = `Message ${room}`;
    },
  };
}
