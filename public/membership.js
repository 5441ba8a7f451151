/**
 * The one room the page is in, joined again for every session. `ask` emits an event and resolves to its answer;
 * `onRoom` gets `{name, phase, error?}` on every change. A join that was overtaken by another one, or by a disconnect,
 * has no effect any more.
 */
export function createMembership({ ask, onRoom }) {
  let name = null;
  let phase = "waiting";
  let latest = 0;

  function become(next, error) {
    phase = next;
    onRoom({ name, phase, error });
  }

  async function join() {
    if (name === null) return;
    latest += 1;
    const mine = latest;
    become("joining");
    const answer = await ask("join", { room: name });
    if (mine !== latest) return;
    if (answer.ok) become("joined");
    else become("failed", answer.error);
  }

  return {
    join,
    isIn: (room) => room === name && phase === "joined",
    suspend() {
      latest += 1;
      if (name !== null) become("waiting");
    },
    enter(next, connected) {
      if (next === name) return;
      latest += 1;
      // Not awaited: events keep their order, and messages of a room that is not the current one are not shown.
      if (name !== null && connected) void ask("leave", { room: name });
      name = next;
      become("waiting");
      if (connected) void join();
    },
  };
}
