const dialog = document.getElementById("confirm");
const title = document.getElementById("confirm-title");
const text = document.getElementById("confirm-text");
const typed = document.getElementById("confirm-typed");
const name = document.getElementById("confirm-name");
const yes = document.getElementById("confirm-yes");

/** Asks before something that cannot be taken back; with `mustType` that word has to be typed first. Resolves to whether it is wanted. */
export function confirmed(question, consequence, action, mustType) {
  title.textContent = question;
  text.textContent = consequence;
  yes.textContent = action;
  typed.hidden = mustType === undefined;
  name.value = "";
  const check = () => {
    yes.disabled = mustType !== undefined && name.value !== mustType;
  };
  check();
  name.addEventListener("input", check);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        name.removeEventListener("input", check);
        resolve(dialog.returnValue === "yes");
      },
      { once: true },
    );
  });
}
