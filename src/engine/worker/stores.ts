import type { Config } from "../config/config.js";
import type { Internals } from "../internals/internals.js";
import type { MembershipStore } from "../membership/membership-store.js";
import type { PresenceStore } from "../presence/presence-store.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { type BusKeyStore, createBusKeyStore } from "../stores/bus-key-store.js";
import { createMembershipStore } from "../stores/membership-store.js";
import { createMongo, type Mongo } from "../stores/mongo.js";
import { createPresenceStore } from "../stores/presence-store.js";
import { createQuestionStore, type QuestionStore } from "../stores/question-store.js";
import { createRecheckStore, type MongoRecheckStore } from "../stores/recheck-store.js";
import { createRedis, type Redis } from "../stores/redis.js";
import { createRevocationStore } from "../stores/revocation-store.js";
import { createRoomStore, type MongoRoomStore } from "../stores/room-store.js";
import type { RevocationStore } from "../trust/revocation/revocation-store.js";

/** Where a worker keeps what outlives it, and what joins it to others. */
export interface Stores {
  readonly mongo: Mongo;
  readonly rooms: MongoRoomStore;
  readonly members: MembershipStore;
  readonly presence: PresenceStore;
  readonly busKey: BusKeyStore;
  readonly questions: QuestionStore;
  /** Absent where nobody has a token. */
  readonly revocations: RevocationStore | undefined;
  readonly rechecks: MongoRecheckStore;
  /** Absent when none is configured. It starts with the bus. */
  readonly redis: Redis | undefined;
  /** MongoDB with all models, and the room store. */
  readonly component: Component;
}

export function createStores(
  config: Config,
  internals: Internals,
  log: Logger,
  onStage: (part: string) => void,
): Stores {
  const mongo = createMongo(config.mongodbUri, internals, log);
  const { connection } = mongo;
  const rooms = createRoomStore(connection);
  const members = createMembershipStore(connection);
  const rechecks = createRecheckStore(connection);
  const revocations = config.auth.kind === "jwt" ? createRevocationStore(connection) : undefined;
  const prepared: Component = {
    name: "room store",
    async start() {
      await rooms.prepare();
      await revocations?.prepare();
      await rechecks.prepare();
    },
    stop: async () => {},
  };
  return {
    mongo,
    rooms,
    members,
    presence: createPresenceStore(connection, members),
    revocations,
    busKey: createBusKeyStore(connection),
    rechecks,
    questions: createQuestionStore(connection),
    redis: config.redis === undefined ? undefined : createRedis(config.redis, internals, log),
    component: compose("stores", [mongo, prepared], onStage),
  };
}
