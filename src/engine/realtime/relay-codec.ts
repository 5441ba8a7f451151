import msgpack from "notepack.io";

/** First byte of a JSON array; what the adapter sends is an array, and MessagePack begins those otherwise. */
const JSON_ARRAY = "[".charCodeAt(0);

/**
 * How broadcasts travel through Redis pub/sub: as JSON, so that they arrive as they were sent, and as MessagePack only if
 * they hold binary. The adapter's default is MessagePack by notepack.io for all, which takes whole numbers beyond 64
 * bits for 64-bit ones, and half characters for whole ones. The sharded adapter chooses in the same way by itself.
 */
export const relayCodec = {
  encode(message: unknown): string | Buffer {
    return hasBinary(message) ? msgpack.encode(message) : JSON.stringify(message);
  },
  /** @throws when it is neither. */
  decode(message: Buffer): unknown {
    return message[0] === JSON_ARRAY ? JSON.parse(message.toString()) : msgpack.decode(message);
  },
};

function hasBinary(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return Object.values(value).some(hasBinary);
}
