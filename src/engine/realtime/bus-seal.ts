import { createHmac, timingSafeEqual } from "node:crypto";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";

/** Time between two looks whether the key is still the same: a restored database has another one. */
const REFRESH_MS = 60_000;
/** Shortest time between two looks, and between two log lines, that foreign messages cause. */
const DOUBT_MS = 5_000;
/** Length of HMAC-SHA256. */
const CODE_BYTES = 32;

/** Puts a code on what goes through Redis and takes it off, so that only workers of the same database are believed. */
export interface BusSeal {
  /** The message with its code in front. The channel is part of what is vouched for. */
  close(channel: string, message: string | Buffer): Buffer;
  /** The message, or undefined when somebody else has sent it. */
  open(channel: string, sealed: Buffer): Buffer | undefined;
}

export interface BusSealParts {
  /** The key that the workers of one database share, at the start; fails as a start may. */
  readonly firstKey: () => Promise<Buffer>;
  /** The same, later. */
  readonly readKey: () => Promise<Buffer>;
  /** Told about each message that was refused. */
  readonly refused: () => void;
  readonly log: Logger;
}

/**
 * A seal whose key is read at the start, every minute, and when foreign messages come, at most every 5 s. A code costs 2.3 µs
 * for 200 bytes, 0.6 ms for 1 MiB, at the sender and at each receiver. A message that is repeated as it was is not noticed.
 */
export function createBusSeal({ firstKey, readKey, refused, log }: BusSealParts): BusSeal & Component {
  let key: Buffer = Buffer.alloc(0);
  let refresh: NodeJS.Timeout | undefined;
  let doubtedAt = Number.NEGATIVE_INFINITY;

  function codeOf(channel: string, message: string | Buffer): Buffer {
    return createHmac("sha256", key).update(`${channel.length}:${channel}`).update(message).digest();
  }

  async function renew(): Promise<void> {
    // While MongoDB is away the key stays what it was.
    key = await readKey().catch(() => key);
  }

  function doubt(): void {
    refused();
    const now = performance.now();
    if (now - doubtedAt < DOUBT_MS) return;
    doubtedAt = now;
    log.warn("messages of another database, or forged ones, come through redis and are ignored");
    void renew();
  }

  return {
    name: "bus seal",
    async start() {
      key = await firstKey();
      refresh = setInterval(() => void renew(), REFRESH_MS);
    },
    async stop() {
      clearInterval(refresh);
    },
    close: (channel, message) => Buffer.concat([codeOf(channel, message), Buffer.from(message)]),
    open(channel, sealed) {
      const message = sealed.subarray(CODE_BYTES);
      if (
        sealed.length >= CODE_BYTES &&
        timingSafeEqual(sealed.subarray(0, CODE_BYTES), codeOf(channel, message))
      )
        return message;
      doubt();
      return undefined;
    },
  };
}
