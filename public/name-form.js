const byId = (id) => document.getElementById(id);

/**
 * Shows and changes one's own name. While messages are unconfirmed it stays: sent again under another name, one that was
 * stored already would be stored twice.
 */
export function createNameForm({ identity, outbox, onRenamed }) {
  const input = byId("user-name");
  const problem = byId("user-problem");
  input.value = identity.name();

  function problemWith(name) {
    if (name === identity.name()) return "";
    return outbox.count() > 0
      ? "Not while messages are unsent: they carry the old name"
      : identity.rename(name);
  }

  byId("user-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    problem.textContent = problemWith(name);
    input.setAttribute("aria-invalid", String(problem.textContent !== ""));
    if (problem.textContent === "" && name !== identity.name()) onRenamed();
  });
}
