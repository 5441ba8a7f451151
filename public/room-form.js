const ROOM_NAME = /^[A-Za-z0-9_.:@-]{1,128}$/;

const byId = (id) => document.getElementById(id);

export const isRoomName = (name) => typeof name === "string" && ROOM_NAME.test(name);

/** The form that asks for a room. `onRoom(name)` gets only names that are allowed. */
export function createRoomForm(onRoom) {
  const input = byId("room-name");
  const problem = byId("room-problem");

  byId("room-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim().replace(/^#/, "");
    const isAllowed = isRoomName(name);
    problem.textContent = isAllowed ? "" : "1 to 128 letters, digits or _ . : @ -";
    input.setAttribute("aria-invalid", String(!isAllowed));
    if (!isAllowed) {
      input.focus();
      return;
    }
    input.value = "";
    onRoom(name);
  });
}

/** Leaving gives up what is not confirmed yet; then it takes a second click, on a button that says so. */
export function createLeaveButton({ unsent, leave }) {
  const button = byId("room-leave");
  const label = button.textContent;
  let isArmed = false;

  function reset() {
    isArmed = false;
    button.textContent = label;
  }

  button.addEventListener("click", () => {
    const count = unsent();
    if (count === 0 || isArmed) {
      leave();
      return;
    }
    isArmed = true;
    button.textContent = `Leave and give up ${count} unsent`;
  });
  button.addEventListener("blur", reset);
  return { reset };
}

/** Puts a link to the current page, room included, on the clipboard, and says so on the button. */
export function createLinkButton(button) {
  // Browsers give pages the clipboard only over HTTPS and on localhost.
  button.hidden = navigator.clipboard === undefined;
  const label = button.textContent;
  let timer = null;
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(location.href).then(
      () => true,
      () => false,
    );
    button.textContent = copied ? "Copied" : "Not copied";
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = label;
    }, 2_000);
  });
}
