/** Longer drafts are refused here: a packet over the server's limit would cost the connection. */
const DRAFT_LIMIT = 4_000;

/** The field for a new message. `onSubmit(body)` gets the trimmed text, never an empty one. */
export function createComposer({ onSubmit }) {
  const form = document.getElementById("composer");
  const draft = document.getElementById("draft");
  const label = document.getElementById("draft-label");

  draft.addEventListener("input", () => {
    const over = draft.value.length - DRAFT_LIMIT;
    draft.setCustomValidity(over > 0 ? `${over} characters too many: ${DRAFT_LIMIT} fit in a message` : "");
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
    draft.value = "";
    onSubmit(body);
  });

  return {
    /** Says who will read what is written: the room of that name, or everyone if it is null. */
    address(room) {
      label.textContent = room === null ? "Message to everyone" : `Message to the room ${room}`;
      draft.placeholder = room === null ? "Message everyone" : "Message the room";
    },
  };
}
