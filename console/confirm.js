const dialog = document.getElementById("confirm");
const title = document.getElementById("confirm-title");
const text = document.getElementById("confirm-text");
const typed = document.getElementById("confirm-typed");
const name = document.getElementById("confirm-name");
const yes = document.getElementById("confirm-yes");

// Not one that submits: as the first of these it would be what Enter means in the field.
document.getElementById("confirm-no").addEventListener("click", () => dialog.close("no"));

/** Ends the question that is asked. */
let answer = () => {};

/** Takes the question back that is asked, if one is: it is not wanted. */
export function takeBack() {
  if (dialog.open) dialog.close("no");
  answer(false);
}

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
  answer(false);
  dialog.returnValue = "no";
  dialog.showModal();
  if (mustType !== undefined) name.focus();
  return new Promise((resolve) => {
    const onClose = () => {
      // "close" comes some time after the closing: this may be the one of the question before.
      if (!dialog.open) answer(dialog.returnValue === "yes");
    };
    answer = (isWanted) => {
      name.removeEventListener("input", check);
      dialog.removeEventListener("close", onClose);
      answer = () => {};
      resolve(isWanted);
    };
    dialog.addEventListener("close", onClose);
  });
}
