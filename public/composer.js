/** Longer drafts are refused here: a packet over the server's limit would cost the connection. */
const DRAFT_LIMIT = 4_000;

const FULL = "Too many messages are unsent: wait for a connection";

/**
 * The field for a new message. `onTyped()` is called when the user has written something into it, `onSubmit(body)` gets
 * the trimmed text, never an empty one, and none while `isFull()`.
 */
export function createComposer({ onTyped, onSubmit, isFull }) {
  const form = document.getElementById("composer");
  const draft = document.getElementById("draft");
  const label = document.getElementById("draft-label");

  draft.addEventListener("input", () => {
    const over = draft.value.length - DRAFT_LIMIT;
    draft.setCustomValidity(over > 0 ? `${over} characters too many: ${DRAFT_LIMIT} fit in a message` : "");
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
    const body = draft.value.trim();
    if (body === "") return;
    if (isFull()) {
      draft.setCustomValidity(FULL);
      draft.reportValidity();
      draft.setCustomValidity("");
      return;
    }
    draft.value = "";
    onSubmit(body);
  });

  return {
    /** Says in which room it will be read. */
    address(room) {
      label.textContent = `Message to the room ${room}`;
      draft.placeholder = `Message ${room}`;
    },
  };
}
