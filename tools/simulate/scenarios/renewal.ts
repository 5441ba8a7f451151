import { DEFAULTS } from "../../../client/protocol.js";
import { type SessionSocket, signIn } from "../../../client/sign-in.js";
import type { Coefficients } from "../costs.js";
import type { Worker } from "../worker.js";
import type { Verdict } from "./key-server.js";

/** Until the identity provider has given a token. */
const TOKEN_MS = 50;

/** A client whose token expires soon. */
interface RenewalParts {
  readonly client: number;
  readonly expiresAt: string;
  readonly worker: Worker;
  readonly coefficients: Coefficients;
  /** It asks for a token. */
  readonly onToken: () => void;
  readonly verify: () => Promise<Verdict>;
  /** To be called where a promise was settled outside of a timer. */
  readonly wake: () => void;
  readonly onRenewed: () => void;
}

type Listener = (...args: never[]) => void;

/** The real client library renews the token, on a socket of which there is only what it uses. It is let go when it has done so. */
export function renewInPlace(parts: RenewalParts): void {
  const { client, expiresAt, worker, coefficients, verify } = parts;
  const listeners = new Map<string, Listener>();
  let given = 0;

  async function authenticate(reply: (error: unknown, answer: Verdict) => void): Promise<void> {
    const verdict = await verify();
    if (verdict.ok) {
      parts.onRenewed();
      signOut();
    }
    reply(null, verdict);
  }

  const socket = {
    ...{ active: true, connected: true, id: String(client), auth: {} },
    on: (event: string, listener: Listener) => listeners.set(event, listener),
    off: (event: string) => listeners.delete(event),
    connect() {},
    timeout: () => ({
      emit(_event: string, _payload: unknown, reply: Parameters<typeof authenticate>[0]) {
        worker.work(coefficients.usPerToken + coefficients.usPerMessage, () => {
          void authenticate(reply);
          parts.wake();
        });
      },
    }),
  };
  const signOut = signIn(socket as unknown as SessionSocket, {
    pause: DEFAULTS.pause,
    async getToken() {
      parts.onToken();
      await new Promise((resolve) => setTimeout(resolve, TOKEN_MS));
      given += 1;
      return `${client}/${given}`;
    },
  });
  const onExpiring = listeners.get("auth_expiring") as ((told: { expiresAt: string }) => void) | undefined;
  onExpiring?.({ expiresAt });
}
