import WebSocket from "ws";
import { type Finding, fail, ok, warn } from "./check.js";

/** Of Socket.IO over a bare WebSocket: what comes first, and how a session is entered. */
const OPEN = "0";
const PING = "2";
const PONG = "3";
const ENTER = "40";

function addressOf(url: string): string {
  return `${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
}

/** Whether a WebSocket comes through. */
export async function upgradeFinding(url: string): Promise<Finding> {
  const outcome = await opened(url);
  if ("refusal" in outcome)
    return fail(
      `a WebSocket does not come through: ${outcome.refusal}`,
      "let the proxy pass on Upgrade and Connection with HTTP/1.1 (nginx/snippets/proxy.conf)",
    );
  outcome.socket.terminate();
  return ok(`a WebSocket comes through, within ${Math.round(outcome.tookMs)} ms`);
}

/** Whether a WebSocket that says little stays open; the server's heartbeat is the most that there is in a quiet room. */
export async function idleFinding({
  url,
  idleMs,
  token,
}: {
  readonly url: string;
  readonly idleMs: number;
  readonly token: string | undefined;
}): Promise<Finding> {
  if (idleMs === 0) return ok("not looked at: --idle is 0");
  const outcome = await opened(url);
  if ("refusal" in outcome) return ok("could not be looked at: see the check of upgrade");
  const { socket } = outcome;
  const startMs = performance.now();
  let isRefused = false;
  try {
    const isKept = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), idleMs);
      socket.on("message", (data) => {
        const text = String(data);
        if (text === PING) socket.send(PONG);
        if (text.startsWith("44")) isRefused = true;
      });
      socket.once("close", () => {
        clearTimeout(timer);
        resolve(false);
      });
      socket.send(`${ENTER}${JSON.stringify(token ? { token } : { user: "shoal-doctor" })}`);
    });
    const keptS = Math.round((performance.now() - startMs) / 100) / 10;
    if (isKept)
      return ok(`a WebSocket stays open for ${keptS} s; --idle 80 looks further than most proxies' timeouts`);
    // The server itself ends after 10 s what nobody has entered.
    if (isRefused)
      return warn(`can be seen for ${keptS} s only: the server wants a token`, "put one into SHOAL_TOKEN");
    return fail(
      `a WebSocket was cut after ${keptS} s`,
      "raise the proxy's timeouts (proxy_read_timeout) above PING_INTERVAL_MS and PING_TIMEOUT_MS together",
    );
  } finally {
    socket.terminate();
  }
}

type Outcome = { readonly socket: WebSocket; readonly tookMs: number } | { readonly refusal: string };

/** A WebSocket on which Engine.IO has said that it is there. Never rejects; how long to wait is up to the check. */
function opened(url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const socket = new WebSocket(addressOf(url));
    const refuse = (refusal: string) => {
      resolve({ refusal });
      socket.terminate();
    };
    socket.on("error", ({ message }) => refuse(message));
    socket.once("unexpected-response", (_request, { statusCode }) => refuse(`status ${statusCode}`));
    socket.once("message", (data) => {
      const text = String(data);
      if (text.startsWith(OPEN)) resolve({ socket, tookMs: performance.now() - startMs });
      else refuse(`it begins with ${JSON.stringify(text.slice(0, 40))}`);
    });
  });
}
