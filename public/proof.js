const SEND_EVERY_MS = 500;

const byId = (id) => document.getElementById(id);

/**
 * The guided proof that nothing is lost: what the server has acknowledged has to come back among the messages of its room. `send(body)`
 * writes into the room in front; `lastOf(room)` is the number up to which a room is shown.
 */
export function createProof({ send, lastOf }) {
  const rooms = new Map();
  let acknowledged = 0;
  let received = 0;
  let lost = 0;
  let connections = 0;
  let timer;

  /** `due`: acknowledged, and not here yet; `here`: here, and not acknowledged yet. */
  function entry(room) {
    if (!rooms.has(room)) rooms.set(room, { due: new Set(), here: new Set(), from: undefined });
    return rooms.get(room);
  }

  /** `from`: where the page began to read. A message of an earlier visit may have been stored before that, and is not looked for. */
  function begin(one, from) {
    if (one.from !== undefined) return;
    one.from = from;
    for (const seq of one.due) if (seq < from) one.due.delete(seq);
  }

  /** Lost is what a room has gone past without showing it. */
  function show() {
    for (const [room, one] of rooms) {
      const last = lastOf(room);
      if (last === undefined) continue;
      begin(one, last + 1);
      const { due } = one;
      for (const seq of due) {
        if (seq > last) continue;
        due.delete(seq);
        lost += 1;
      }
    }
    byId("acknowledged").textContent = acknowledged;
    byId("received").textContent = received;
    byId("lost").textContent = lost;
    byId("reconnections").textContent = Math.max(0, connections - 1);
    byId("proof").dataset.holds = String(lost === 0);
  }

  byId("keep-sending").addEventListener("click", ({ currentTarget: button }) => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    clearInterval(timer);
    let count = 0;
    const next = () => {
      count += 1;
      send(`test ${count}`);
    };
    if (isOn) timer = setInterval(next, SEND_EVERY_MS);
  });

  return {
    show,
    acknowledged(room, seq) {
      acknowledged += 1;
      const { due, here, from } = entry(room);
      if (!here.delete(seq) && seq >= (from ?? 0)) due.add(seq);
      show();
    },
    received(room, { seq }, own) {
      received += 1;
      const one = entry(room);
      begin(one, seq);
      if (!one.due.delete(seq) && own) one.here.add(seq);
      show();
    },
    forget: (room) => rooms.delete(room),
    /** `pid` is the process that this page is served by, where that is told. */
    session({ pid }) {
      connections += 1;
      byId("kill-step").hidden = pid === undefined;
      byId("kill").textContent = navigator.userAgent.includes("Windows")
        ? `taskkill /F /PID ${pid}`
        : `kill -9 ${pid}`;
      show();
    },
  };
}
