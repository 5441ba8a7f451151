import { AppError } from "../../../../src/contract/errors.js";
import type { Passport } from "../../../../src/contract/passport.js";
import type { RevocationTarget } from "../../../../src/contract/revocations.js";
import { REVOCATION_LIMITS, type RevocationLimits } from "../../../../src/engine/trust/revocation/limits.js";
import { createRevocations, type Revocations } from "../../../../src/engine/trust/revocation/revocations.js";
import { onTestEnd } from "../../../support/cleanup.js";
import { createVirtualTime, type VirtualTime } from "../../presence/support/virtual-time.js";
import {
  createMemoryRevocations,
  emptyDatabase,
  type MemoryRevocations,
  type RevocationDatabase,
} from "./memory-revocations.js";

/** Of tokens in these tests, in seconds. */
export const MAX_TTL_S = 3600;
/** MongoDB's time when a world begins; in milliseconds since 1970. */
const BEGINS_AT_MS = 1_800_000_000_000;

/** One worker's revocations. */
export interface RevocationWorker extends Revocations {
  readonly store: MemoryRevocations;
  /** What its operators were told. */
  readonly told: string[];
  /** Code of the refusal; undefined when this passport may come in. */
  refusal(passport: Passport): string | undefined;
}

export interface RevocationWorld {
  readonly time: VirtualTime;
  readonly database: RevocationDatabase;
  /** How far MongoDB's clock is ahead. */
  databaseAheadMs: number;
  /** The same of the workers' clocks, which tell the time of day. */
  workersAheadMs: number;
  /** Whether workers hear each other. */
  isBusUp: boolean;
  /** MongoDB's time, in whole seconds since 1970. Ahead or behind as its clock is. */
  nowS(): number;
  start(limits?: Partial<RevocationLimits>): Promise<RevocationWorker>;
}

export function createWorld(): RevocationWorld {
  const time = createVirtualTime();
  const dateMs = () => BEGINS_AT_MS + time.now();
  const database = emptyDatabase(() => dateMs() + world.databaseAheadMs);
  const bells = new Set<() => void>();

  const world: RevocationWorld = {
    time,
    database,
    databaseAheadMs: 0,
    workersAheadMs: 0,
    isBusUp: true,
    nowS: () => Math.floor(database.nowMs() / 1000),
    async start(limits) {
      const store = createMemoryRevocations(database);
      const told: string[] = [];
      let own = (): void => {};
      const revocations = createRevocations(
        {
          store,
          clock: { ...time.process(12_345).clock, date: () => dateMs() + world.workersAheadMs },
          maxTtlS: MAX_TTL_S,
          bus: {
            ring() {
              if (world.isBusUp) for (const bell of bells) if (bell !== own) bell();
            },
            onRing(look) {
              own = look;
              bells.add(look);
              return () => void bells.delete(look);
            },
          },
          observer: {
            failed: () => told.push("failed"),
            over: () => told.push("over"),
            notRemoved: () => told.push("not removed"),
            refused: (reason) => told.push(reason),
          },
        },
        { ...REVOCATION_LIMITS, ...limits },
      );
      onTestEnd(() => revocations.stop());
      await revocations.start();
      return { ...revocations, store, told, refusal: (passport) => refusalOf(revocations, passport) };
    },
  };
  return world;
}

function refusalOf(revocations: Revocations, passport: Passport): string | undefined {
  try {
    revocations.check(passport);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

/** Of a token of this user. */
export function tokenOf(user: string, issuedAtS: number, id?: string): Passport {
  return { kind: "token", user, may: () => true, token: { id, issuedAtS, expiresAtMs: 0, endsAtMs: 0 } };
}

export function revoking(...targets: RevocationTarget[]) {
  return { targets, issuedBeforeS: undefined, isRenewable: false };
}
