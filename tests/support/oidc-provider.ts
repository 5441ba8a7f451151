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

  function said(type: string): Promise<Said> {
    const heard = deferred<Said>();
    child.on("message", function hear(message: Said) {
      if (message.type !== type) return;
      child.off("message", hear);
      heard.resolve(message);
    });
    child.once("exit", (code) => heard.reject(new Error(`the provider has ended with code ${code}`)));
    return within(heard.promise, 20_000, `"${type}" of the provider`);
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
    async tell(type) {
      const answer = said(type);
      child.send({ type });
      return (await answer).keyRequests ?? 0;
    },
  };
}
