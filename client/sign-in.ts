import type { Socket } from "socket.io-client";
import type { ServerToClientEvents } from "./contract.js";
import { LONGEST_TIMER_MS } from "./protocol.js";

/**
 * Gives the token to speak with. `isRefused`: the one that it gave last was refused, has expired or was revoked, so that a cache is not to be asked. When it rejects it is
 * called again after a pause.
 */
export type GetToken = (isRefused: boolean) => string | Promise<string>;
/** The stock socket, as far as it is signed in. */
export type SessionSocket = Pick<
  Socket,
  "active" | "auth" | "connect" | "connected" | "id" | "emit" | "off" | "on" | "timeout"
>;
export type SignInOptions = {
  getToken: GetToken;
  /**
   * The server refuses this user for good, or has ended the connection (`removed`): there will be none until the app makes one. `code` is the
   * server's.
   */
  onRefused?: ((refusal: { code: string; message: string }) => void) | undefined;
  /** The wait before a repetition. */
  pause: (failures: number, retryAfterMs?: number) => Promise<void>;
};
type Refused = Error & { data?: { code?: string; temporary?: boolean; retryAfterMs?: number } };
type Answer = { ok: boolean; error?: { temporary?: boolean; retryAfterMs?: number } } | undefined;

/** How long the answer to a renewal may take. */
const RENEWAL_MS = 10_000;
/** Of the time before a token expires so much is left for the renewal; when in the rest it begins is left to chance. */
const LEFT_MS = 20_000;
const MOST_SPARE_MS = 10_000;
/** So many tokens in a row may be refused as bad or revoked: the first may have come from a cache, the next one has not. */
const MOST_BAD = 2;
const REFUSALS_OF_TOKENS = ["unauthenticated", "token_revoked"];

const wait = (ms: number) =>
  new Promise<void>((resume) => setTimeout(resume, Math.min(ms, LONGEST_TIMER_MS)));

/** Signs the socket in whenever it connects, and renews its token before it expires. The returned function ends that. */
export function signIn(socket: SessionSocket, { getToken, onRefused, pause }: SignInOptions): () => void {
  let isOver = false;
  let isRefused = false;
  let refusals = 0;
  let given: string | undefined; // the latest token
  let turn = 0; // of what asks for a token; the latest counts

  /** Undefined when something else has asked since. */
  async function token(): Promise<string | undefined> {
    turn += 1;
    const own = turn;
    for (let failures = 0; !isOver && own === turn; failures += 1) {
      const got = await Promise.resolve(isRefused)
        .then(getToken)
        .catch(() => undefined);
      if (isOver || own !== turn) return undefined;
      if (got !== undefined) return got;
      await pause(failures);
    }
    return undefined;
  }

  async function give(send: (auth: object) => void): Promise<void> {
    const got = await token();
    if (got === undefined) return;
    given = got;
    send({ token: got });
  }

  async function renew({ expiresAt }: Parameters<ServerToClientEvents["auth_expiring"]>[0]): Promise<void> {
    const { id } = socket;
    const expiring = given;
    const spareMs = Math.min(MOST_SPARE_MS, Date.parse(expiresAt) - Date.now() - LEFT_MS); // by whatever clock this one has
    await wait(Math.random() * Math.max(0, spareMs)); // a crowd does not come in one instant
    // Only for this connection: the next one has asked for a token of its own.
    for (let failures = 0; !isOver && socket.connected && socket.id === id; failures += 1) {
      let got = await token();
      if (got !== undefined && got === expiring && !isRefused) {
        isRefused = true; // a cache gives the one that expires
        got = await token();
      }
      if (got === undefined) return;
      given = got;
      const answer = await new Promise<Answer>((resolve) =>
        socket
          .timeout(RENEWAL_MS)
          .emit("authenticate", { token: got }, (_: unknown, reply?: Answer) => resolve(reply)),
      );
      isRefused = answer?.ok === false && answer.error?.temporary !== true; // else it says nothing of the token
      if (answer?.ok) return;
      await pause(failures, answer?.error?.retryAfterMs);
    }
  }

  /** After a refusal the stock client stays away. */
  async function comeAgain({ data, message }: Refused): Promise<void> {
    if (socket.active || isOver || data?.code === undefined) return;
    const { code, temporary, retryAfterMs } = data;
    refusals += 1;
    const isOfToken = REFUSALS_OF_TOKENS.includes(code);
    isRefused = code === "token_expired" || isOfToken;
    const isWorthIt = temporary || code === "token_expired" || (isOfToken && refusals < MOST_BAD);
    if (!isWorthIt) return onRefused?.({ code, message });
    await pause(refusals - 1, retryAfterMs);
    if (!isOver && !socket.active) socket.connect();
  }

  function end({ code }: Parameters<ServerToClientEvents["closing"]>[0]): void {
    isRefused ||= code === "token_revoked" || code === "token_expired";
    if (code === "removed")
      onRefused?.({ code, message: "A server of the application has ended the connection" });
  }

  function welcome(): void {
    refusals = 0;
    isRefused = false;
  }

  const auth = (send: (auth: object) => void) => void give(send);
  socket.auth = auth;
  socket.on("connect", welcome);
  socket.on("connect_error", comeAgain);
  socket.on("auth_expiring", renew);
  socket.on("closing", end);
  return () => {
    isOver = true;
    if (socket.auth === auth) socket.auth = {};
    socket.off("connect", welcome);
    socket.off("connect_error", comeAgain);
    socket.off("auth_expiring", renew);
    socket.off("closing", end);
  };
}
