import { fork } from "node:child_process";
import { onEnd } from "./cleanup.js";
import { PROJECT } from "./readme.js";
import { deferred, within } from "./wait.js";

export const AUDIENCE = "https://shoal.example";

/** A real OpenID provider in a process of its own. */
export interface OidcProvider {
  readonly issuer: string;
  readonly keySetUrl: string;
  /** Signs ann in by her client credentials: an access token for this audience, which may read and publish in `chat:*`. */
  signIn(audience?: string): Promise<string>;
  /** Replaces its key, or takes its key set away, or brings it back. Gives how often the keys were asked for so far. */
  tell(type: "rotate" | "away" | "back"): Promise<number>;
  /** Publishes its keys, and makes its tokens, like another provider. */
  become(likeness: Likeness): Promise<void>;
}

/** What tells one provider from another. */
export interface Likeness {
  readonly issuer: string;
  readonly keySetPath: string;
  /** Whether its keys have certificates. */
  readonly hasCertificates: boolean;
  /** Of the tokens, besides and instead of what this one puts there. */
  readonly header: object;
  readonly claims: object;
}

interface Said {
  readonly type: string;
  readonly issuer?: string;
  readonly keyRequests?: number;
}

/** Starts one. Ends by itself. @throws when it is not up in time. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const program = `${PROJECT}/tests/fixtures/oidc-provider.mjs`;
  const child = fork(program, { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
  onEnd(() => void child.kill("SIGKILL"));

  const ended = new Promise<never>((_resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the provider has ended with code ${code}`)));
  });
  ended.catch(() => {}); // also when nobody waits for it
  function said(type: string): Promise<Said> {
    const heard = deferred<Said>();
    child.on("message", function hear(message: Said) {
      if (message.type !== type) return;
      child.off("message", hear);
      heard.resolve(message);
    });
    return within(Promise.race([heard.promise, ended]), 20_000, `"${type}" of the provider`);
  }

  const { issuer = "" } = await said("ready");
  return {
    issuer,
    keySetUrl: `${issuer}/jwks`,
    async signIn(audience = AUDIENCE) {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { Authorization: `Basic ${btoa("ann:the+secret+of+ann")}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: audience }),
      });
      const { access_token: token, ...others } = (await response.json()) as Record<string, unknown>;
      if (typeof token !== "string") throw new Error(`no token: ${JSON.stringify(others)}`);
      return token;
    },
    async become(likeness) {
      const answer = said("become");
      child.send({ type: "become", likeness });
      await answer;
    },
    async tell(type) {
      const answer = said(type);
      child.send({ type });
      return (await answer).keyRequests ?? 0;
    },
  };
}
