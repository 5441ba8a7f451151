import { setTimeout as pause } from "node:timers/promises";
import mongoose from "mongoose";
import { createMembershipStore } from "./membership-store.js";
import { openConnection } from "./mongo.js";

/** A worker of any instance. */
export interface LivingMember {
  /** Where the others reach its instance; undefined if they do not. */
  readonly peerUrl: string | undefined;
}

/** The workers of all instances with this MongoDB that give a sign of life in this time. Rejects when MongoDB does not answer. */
export async function livingMembers(uri: string, watchMs: number): Promise<readonly LivingMember[]> {
  const connection = mongoose.createConnection();
  try {
    await openConnection(connection, uri);
    const store = createMembershipStore(connection);
    const before = new Map((await store.nodes()).map(({ id, beat }) => [id, beat]));
    if (before.size === 0) return [];
    await pause(watchMs);
    const after = await store.nodes();
    const living = after.filter(({ id, beat, gone }) => !gone && beat !== before.get(id));
    return living.map(({ peer }) => ({ peerUrl: peer?.url }));
  } finally {
    await connection.destroy(true).catch(() => {});
  }
}
