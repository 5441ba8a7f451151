import { randomBytes } from "node:crypto";
import type { Line } from "../support/line-log.js";
import { logged } from "../support/line-log.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { type Bystander, type BystanderSpec, startBystander } from "./bystander.js";
import { type Material, readMaterial } from "./material.js";
import type { Proofs } from "./proofs.js";
import { type Footprint, footprints } from "./watch.js";

/** An instance that is fuzzed. `guarded` wants tokens and has the limits of production; in `open` nothing hides what is deeper. */
export const SIDES = ["guarded", "open"] as const;
export type SideName = (typeof SIDES)[number];

export interface Side {
  readonly name: SideName;
  readonly url: URL;
  readonly material: Material;
  readonly bystander: Bystander;
  footprints(): Footprint[];
}

export interface SideOptions {
  readonly name: SideName;
  readonly workers: number;
  readonly mongodbUri: string;
  readonly redisUrl: string | undefined;
  readonly proofs: Proofs;
  /** Hears of what an instance's log must not have. */
  complain(what: string): void;
  /** Default: the bystander runs in this process, whose own work he then waits for. */
  readonly invite?: (spec: BystanderSpec) => Promise<Bystander>;
}

const ENV: Readonly<Record<SideName, Readonly<Record<string, string>>>> = {
  guarded: {
    ...{ AUTH: "jwt", RATE_IP_HANDSHAKES: "10,50", RATE_IP_REQUESTS: "100,200", RATE_USER_EVENTS: "50,100" },
    ...{ RATE_ROOM_PUBLISH: "1000,2000", RATE_KEY_REQUESTS: "100,1000", MAX_CONNECTIONS_PER_USER: "20" },
  },
  open: { AUTH: "none", MAX_HANDSHAKES_PER_SECOND: "100000" },
};
/** A connection that is gone is noticed soon; a process that a busy machine does not let run for a while is not taken for one. */
const PING = { PING_INTERVAL_MS: "5000", PING_TIMEOUT_MS: "120000" };
const WORKER_ENDED = logged("worker ended");

/** Starts an instance, with an ordinary client. Ends by itself. */
export async function startSide(options: SideOptions): Promise<Side> {
  const { name, workers, mongodbUri, redisUrl, proofs, complain, invite = startBystander } = options;
  const { AUTH_SECRET: _secret, ...keysOnly } = proofs.env;
  const shoal: Shoal = await spawnShoal({
    ...{ workers, mongodbUri, ...(redisUrl === undefined ? {} : { redisUrl }) },
    env: { ...(name === "guarded" ? proofs.env : keysOnly), ...PING, ...ENV[name] },
    onLine: (line) => {
      if (isWrong(line)) complain(`${name} logged: ${line.text.slice(0, 500)}`);
    },
  });
  const id = randomBytes(4).toString("hex");
  const user = `bystander-${id}`;
  const auth = name === "guarded" ? { token: await proofs.tokenFor(user) } : { user };
  return {
    name,
    url: new URL(shoal.url),
    material: await readMaterial(shoal.url, proofs),
    bystander: await invite({ url: shoal.url, auth, room: user }),
    footprints: () => footprints(shoal),
  };
}

/** An end of a worker, an error, and whatever did not come from the logger. */
function isWrong(line: Line): boolean {
  return (
    WORKER_ENDED(line) ||
    line.stream === "stderr" ||
    !["debug", "info", "warn"].includes(String(line.fields.level))
  );
}
