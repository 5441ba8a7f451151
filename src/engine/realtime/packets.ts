import { Decoder, Encoder, type Packet } from "socket.io-parser";

/** Socket.IO's option `parser`. */
export interface Packets {
  readonly Encoder: typeof Encoder;
  readonly Decoder: new () => Decoder;
}

/**
 * Socket.IO's own reader of packets, which takes fewer of them. What it does not take ends the connection, as any other that cannot be read:
 * - An id of an acknowledgement that cannot be sent back: it reads as a number what stands there, whatever that is, an id of 25 digits
 *   as 1e+24, two with a blank between as NaN. What would be sent for an answer is no packet, and not the id that was asked for.
 * - A packet with binary parts of more than `mostBytes` in all, which is as much as a packet without may have. The parts of one that is never
 *   completed are held as long as its connection lives.
 */
export function createPackets(mostBytes: number): Packets {
  class CarefulDecoder extends Decoder {
    /** Of the packet that is read now, with its parts. */
    #bytes = 0;

    constructor() {
      super();
      // Ahead of Socket.IO's own listener, which is not called when this one throws.
      this.on("decoded", refuseOddId);
    }

    override add(piece: string | Buffer): void {
      // Whatever text follows parts that are still to come is refused by Socket.IO itself.
      this.#bytes = typeof piece === "string" ? piece.length : this.#bytes + piece.byteLength;
      if (this.#bytes > mostBytes) throw new Error("the packet is too large");
      super.add(piece);
    }
  }
  return { Encoder, Decoder: CarefulDecoder };
}

function refuseOddId({ id }: Packet): void {
  if (id !== undefined && !(Number.isSafeInteger(id) && id >= 0))
    throw new Error("illegal acknowledgement id");
}
