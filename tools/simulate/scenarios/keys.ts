import type { Passport } from "../../../src/contract/passport.js";
import { createTokenExpiry } from "../../../src/engine/realtime/sessions/token-expiry.js";
import { Rate } from "../rate.js";
import { BEFORE_MS, type Course, type Scenario, type Stage } from "../scenario.js";
import { START_MS } from "../take-over.js";
import { whole } from "../text.js";
import { createKeyServer } from "./key-server.js";
import { renewInPlace } from "./renewal.js";

/** When the tokens of the zone begin to expire that was lost a token's life ago, and for how long they do: its clients got theirs as they came back. */
const ALIGNED_MS = 45_000;
const ALIGNED_FOR_MS = 10_000;
const END_MS = 100_000;

type OnExpiring = (client: number, expiresAt: string) => void;
type ExpiryParts = Parameters<typeof createTokenExpiry>[0];

/** A connection whose token expires while the simulation runs, as the sweep of its worker sees it. */
class TokenSocket {
  readonly client: number;
  readonly data: { readonly passport: Pick<Passport, "token"> };
  readonly #onExpiring: OnExpiring;

  constructor(client: number, inMs: number, onExpiring: OnExpiring) {
    this.client = client;
    const token = { id: undefined, issuedAtS: 0, expiresAtMs: START_MS + inMs, endsAtMs: inMs };
    this.data = { passport: { token } };
    this.#onExpiring = onExpiring;
  }

  emit(event: string, { expiresAt }: { expiresAt: string }): void {
    if (event === "auth_expiring") this.#onExpiring(this.client, expiresAt);
  }
}

/** Time until the token of a client expires. */
function expiresInMs({ setting, random }: Stage): number {
  const isAligned = random() < 1 / setting.zones;
  return isAligned ? ALIGNED_MS + random() * ALIGNED_FOR_MS : random() * Math.max(setting.tokenMs, END_MS);
}

/** The identity provider signs with a new key, and the tokens of a third of all clients expire at about the same time. */
export const keys: Scenario = {
  name: "keys",
  title: "A new signing key, and a third of all tokens expiring within 10 s",
  begin(stage): Course {
    const { fleet, time, after } = stage;
    const server = createKeyServer(stage);
    const now = (): number => time.nowMs;
    const [tokens, renewals, expired] = [new Rate(now), new Rate(now), new Rate(now)];
    const ofWorkers = fleet.workers.map(() => new Rate(now));
    const sockets = fleet.workers.map(() => new Map<number, TokenSocket>());
    let isOver = false;

    function onExpiring(client: number, expiresAt: string): void {
      const place = fleet.clients.worker[client] as number;
      const worker = fleet.workers[place];
      if (worker === undefined || !fleet.clients.isOfLibrary(client)) return; // a stock client does not listen
      renewInPlace({
        ...{ client, expiresAt, worker, coefficients: fleet.coefficients },
        onToken: () => tokens.add(),
        verify: () => server.verify(place),
        wake: () => time.wake(),
        onRenewed() {
          renewals.add();
          ofWorkers[place]?.add();
          sockets[place]?.delete(client);
        },
      });
    }

    for (let client = 0; client < fleet.clients.size; client += 1) {
      const inMs = expiresInMs(stage);
      if (inMs > END_MS) continue;
      sockets[fleet.clients.worker[client] as number]?.set(client, new TokenSocket(client, inMs, onExpiring));
    }
    for (const { number } of fleet.workers) {
      const own = sockets[number] ?? new Map<number, TokenSocket>();
      const sweep = createTokenExpiry({
        io: { sockets: { sockets: own } } as unknown as ExpiryParts["io"],
        endings: {
          end(socket) {
            const { client } = socket as unknown as TokenSocket;
            expired.add();
            own.delete(client);
            fleet.lose(client);
          },
        },
        dateMs: () => Date.now(),
        nowMs: now,
      });
      // Processes start at any time.
      after(stage.random() * 1000, () => void sweep.start());
    }
    // Whoever comes back asks for a token for its new connection.
    fleet.onBack = (_client, worker) => {
      tokens.add();
      void server.verify(worker.number);
    };
    after(BEFORE_MS, server.rotate);
    after(END_MS, () => {
      isOver = true;
    });
    const rotatedS = BEFORE_MS / 1000;
    return {
      isDone: () => isOver,
      marks: [
        { second: rotatedS, name: "new key" },
        { second: ALIGNED_MS / 1000, name: "tokens expire" },
      ],
      findings: () => [
        [
          "requests for the key set, most in a second; all",
          `${whole(server.asked.peak(rotatedS))}; ${whole(server.asked.total(rotatedS))}`,
        ],
        ["tokens asked for, most in a second; all", `${whole(tokens.peak())}; ${whole(tokens.total())}`],
        ["renewals in place, most in a second; all", `${whole(renewals.peak())}; ${whole(renewals.total())}`],
        [
          "renewals in place of one worker, most in a second",
          whole(Math.max(...ofWorkers.map((one) => one.peak()))),
        ],
        ["renewals put off, as the new key was not known", whole(server.undecided())],
        [
          "connections closed for their token, most in a second; all",
          `${whole(expired.peak())}; ${whole(expired.total())}`,
        ],
      ],
      series: () => [
        { title: "Tokens asked for", unit: "tokens/s", values: tokens.values },
        { title: "Renewals in place", unit: "renewals/s", values: renewals.values },
      ],
    };
  },
};
