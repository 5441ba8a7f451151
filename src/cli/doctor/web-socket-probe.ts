import WebSocket from "ws";
import { type Finding, fail, ok, warn } from "./check.js";
import { limitedFinding, type Refused } from "./limited.js";

/** Of Socket.IO over a bare WebSocket: what comes first, and how a session is entered. */
const OPEN = "0";
const PING = "2";
const PONG = "3";
const ENTER = "40";

/** How a refusal to enter begins. */
const REFUSED = "44";
/** The server ends after 10 s what nobody has entered. */
const OUTSIDE_MS = 8000;
/** A proxy may lose a message without a word. */
const BACK_MS = 5000;

function addressOf(url: string): string {
  return `${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
}

/** Whether a WebSocket comes through. */
export async function upgradeFinding(url: string): Promise<Finding> {
  const outcome = await opened(url);
  if ("refusal" in outcome) {
    const line = "a WebSocket does not come through";
    return (
      (outcome.answer && limitedFinding(line, outcome.answer)) ??
      fail(
        `${line}: ${outcome.refusal}`,
        "let the proxy pass on Upgrade and Connection with HTTP/1.1 (nginx/snippets/proxy.conf)",
      )
    );
  }
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
  let refusal: string | undefined;
  try {
    const isKept = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), idleMs);
      socket.on("message", (data) => {
        const text = String(data);
        if (text === PING) socket.send(PONG);
        if (text.startsWith(REFUSED)) refusal = text;
      });
      socket.once("close", () => {
        clearTimeout(timer);
        resolve(false);
      });
      socket.send(`${ENTER}${JSON.stringify(token ? { token } : { user: "shoal-doctor" })}`);
    });
    const keptMs = performance.now() - startMs;
    const keptS = Math.round(keptMs / 100) / 10;
    if (isKept)
      return ok(`a WebSocket stays open for ${keptS} s; --idle 80 looks further than most proxies' timeouts`);
    if (refusal?.includes('"temporary":true'))
      return warn(`can be seen for ${keptS} s only: the server lets nobody in just now`, "look again");
    if (refusal !== undefined && keptMs > OUTSIDE_MS)
      return warn(`can be seen for ${keptS} s only: the server wants a token`, "put one into SHOAL_TOKEN");
    return fail(
      `a WebSocket was cut after ${keptS} s`,
      "raise the proxy's timeouts (proxy_read_timeout) above PING_INTERVAL_MS and PING_TIMEOUT_MS together",
    );
  } finally {
    socket.terminate();
  }
}

/**
 * Whether messages of this size come through, both ways. Socket.IO refuses a namespace that it does not have by its name, whoever asks:
 * as much comes back. `isAllowed`: whether the server is known to take as much.
 */
export async function messageFinding(url: string, bytes: number, isAllowed: boolean): Promise<Finding> {
  const outcome = await opened(url);
  if ("refusal" in outcome) return ok("could not be looked at: see the check of upgrade");
  const { socket } = outcome;
  const name = `/${"x".repeat(bytes)},`;
  let timer: NodeJS.Timeout | undefined;
  const problem = await new Promise<string | undefined>((resolve) => {
    timer = setTimeout(() => resolve(`nothing comes back within ${BACK_MS / 1000} s`), BACK_MS);
    socket.on("message", (data) => {
      if (String(data).startsWith(`${REFUSED}${name}`)) resolve(undefined);
    });
    socket.once("close", (code) => resolve(`the WebSocket is closed with ${code}`));
    socket.send(`${ENTER}${name}`);
  });
  clearTimeout(timer);
  socket.terminate();
  if (problem === undefined) return ok(`WebSocket messages of ${bytes} bytes come through, both ways`);
  const finding = isAllowed ? fail : warn;
  const allowance = `MESSAGE_LIMIT_BYTES ${isAllowed ? "allows" : "allows unless it is set"}`;
  return finding(
    `a WebSocket message of ${bytes} bytes, which ${allowance}, does not come through: ${problem}`,
    "raise what the proxy lets through of a WebSocket's frame and message above three times MESSAGE_LIMIT_BYTES",
  );
}

type Outcome =
  | { readonly socket: WebSocket; readonly tookMs: number }
  /** With the answer, where it was one to a request for an upgrade. */
  | { readonly refusal: string; readonly answer?: Refused };

/** A WebSocket on which Engine.IO has said that it is there. Never rejects; how long to wait is up to the check. */
function opened(url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const socket = new WebSocket(addressOf(url));
    const refuse = (refusal: string, answer?: Refused) => {
      resolve({ refusal, ...(answer && { answer }) });
      socket.terminate();
    };
    socket.on("error", ({ message }) => refuse(message));
    socket.once("unexpected-response", (_request, { statusCode: status = 0, headers }) =>
      refuse(`status ${status}`, { status, headers }),
    );
    socket.once("message", (data) => {
      const text = String(data);
      if (text.startsWith(OPEN)) resolve({ socket, tookMs: performance.now() - startMs });
      else refuse(`it begins with ${JSON.stringify(text.slice(0, 40))}`);
    });
  });
}
