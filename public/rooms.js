const ROOM_NAME = /^[A-Za-z0-9_.:@-]{1,128}$/;

const byId = (id) => document.getElementById(id);

/** The room the address asks for (`#room=name`): its name, or null. A name that is not allowed counts as none. */
function roomInAddress() {
  const name = new URLSearchParams(location.hash.slice(1)).get("room");
  return name !== null && ROOM_NAME.test(name) ? name : null;
}

/**
 * The address is the only place the current room is kept: links, the form, the back button and leaving all go through
 * it. `onRoom(name | null)` is called once by `start` and again whenever it changes.
 */
export function createRooms(onRoom) {
  const form = byId("room-form");
  const input = byId("room-name");
  const problem = byId("room-problem");

  function follow() {
    onRoom(roomInAddress());
  }

  function leave() {
    history.pushState(null, "", location.pathname + location.search);
    follow();
  }

  function submit(event) {
    event.preventDefault();
    const name = input.value.trim().replace(/^#/, "");
    const isAllowed = ROOM_NAME.test(name);
    problem.textContent = isAllowed ? "" : "1 to 128 letters, digits or _ . : @ -";
    input.setAttribute("aria-invalid", String(!isAllowed));
    if (!isAllowed) {
      input.focus();
      return;
    }
    input.value = "";
    if (name === roomInAddress()) follow();
    else location.hash = `room=${name}`;
  }

  form.addEventListener("submit", submit);
  byId("room-leave").addEventListener("click", leave);
  window.addEventListener("hashchange", follow);
  // hashchange does not follow a pushState entry without a hash in every browser.
  window.addEventListener("popstate", follow);

  return { start: follow };
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
