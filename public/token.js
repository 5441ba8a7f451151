import { keep, read } from "./storage.js";

const KEY = "shoal.token";
/** So long before a token expires another one is asked for; the library takes it 30 s before. */
const ASK_BEFORE_MS = 120_000;
/** A token that is about to expire is not given any more. */
const LEAST_MS = 35_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const form = document.getElementById("token-form");
const input = document.getElementById("token");
const problem = document.getElementById("token-problem");

/** When it expires, in milliseconds; NaN for what is no token. Nothing is verified: that is the server's. */
function expiryOf(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).exp * 1000;
  } catch {
    return Number.NaN;
  }
}

/** Whether the server has asked for a token before in this tab. */
export const isTokenWanted = () => read("tab", KEY) !== null;
/** From the next load on the tab asks for a token, or with null no more. */
export const wantToken = (token = "") => keep("tab", KEY, token);

/**
 * The token of this tab. It is kept for this tab only, and asked for again before it expires. `onWait(isWaiting)` is told when nothing goes
 * on without one, and when it is there.
 */
export function createToken({ onWait }) {
  let token = read("tab", KEY) ?? "";
  let asked = null;
  let timer;

  const leftMs = () => expiryOf(token) - Date.now() || 0;

  /** Resolves to the next token that somebody gives; several who ask get the same one. */
  function ask(reason) {
    problem.textContent = reason;
    form.hidden = false;
    asked ??= Promise.withResolvers?.() ?? withResolvers();
    return asked.promise;
  }

  function demand(reason) {
    const next = ask(reason);
    // Whoever is writing meanwhile is not interrupted.
    if (document.activeElement === document.body) input.focus();
    onWait(true);
    return next;
  }

  function remindInTime() {
    clearTimeout(timer);
    const waitMs = Math.max(0, leftMs() - ASK_BEFORE_MS);
    if (leftMs() <= 0 || waitMs > LONGEST_TIMER_MS) return;
    const at = new Date(expiryOf(token)).toLocaleTimeString();
    timer = setTimeout(() => void ask(`Your token expires at ${at}`), waitMs);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = input.value.trim();
    const expiryMs = expiryOf(given);
    if (Number.isNaN(expiryMs)) {
      problem.textContent = "This is no token: it has three parts with dots between them";
    } else if (expiryMs < Date.now() + LEAST_MS) {
      // A clock that is wrong is seen by whoever reads both times.
      const [until, now] = [expiryMs, Date.now()].map((ms) => when.format(ms));
      problem.textContent = `This token is good until ${until}, and the clock of this device says ${now}`;
    } else {
      token = given;
      wantToken(token);
      input.value = "";
      form.hidden = true;
      asked?.resolve(token);
      asked = null;
      remindInTime();
      onWait(false);
    }
    input.setAttribute("aria-invalid", String(!form.hidden));
  });
  remindInTime();

  return {
    ask: demand,
    /** For the client library. */
    get: (isRefused) => {
      if (isRefused) return demand("The server has refused this token");
      return leftMs() > LEAST_MS ? token : demand("");
    },
  };
}

/** For browsers that do not have it yet. */
function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
