import { connectClient } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { AUDIENCE, startOidcProvider } from "../support/oidc-provider.js";
import { spawnShoal } from "../support/spawn-shoal.js";

test("workers that take others' places while the key server is away know the keys", async () => {
  const provider = await startOidcProvider();
  const env = {
    ...{ AUTH: "jwt", AUTH_JWKS_URL: provider.keySetUrl },
    ...{ AUTH_ISSUER: provider.issuer, AUTH_AUDIENCE: AUDIENCE },
  };
  const shoal = await spawnShoal({ workers: 2, env });
  const token = await provider.signIn();
  await connectClient(shoal.url, { auth: { token } });
  await provider.tell("away");

  for (const [worker, pid] of shoal.workers()) {
    const after = shoal.logs.at(-1);
    process.kill(pid, "SIGKILL");
    await shoal.waitForLog(logged("worker ready", { worker }), { after, withinMs: 120_000 });
  }
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => connectClient(shoal.url, { auth: { token } })),
  );
  expect(new Set(clients.map(({ session }) => session.worker))).toEqual(new Set([1, 2]));
}, 600_000);
