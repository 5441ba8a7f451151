import { Decoder, Encoder, type Packet } from "socket.io-parser";

/**
 * Socket.IO's own reader of packets, which takes fewer of them. It reads as a number what stands where the id of an acknowledgement
 * does, whatever that is: an id of 25 digits as 1e+24, two with a blank between as NaN. What would be sent for an answer
 * is no packet, and not the id that was asked for.
 */
class CarefulDecoder extends Decoder {
  constructor() {
    super();
    // Ahead of Socket.IO's own listener, which is not called when this one throws.
    this.on("decoded", refuseOddId);
  }
}

function refuseOddId({ id }: Packet): void {
  if (id !== undefined && !(Number.isSafeInteger(id) && id >= 0))
    throw new Error("illegal acknowledgement id");
}

/** Socket.IO's option `parser`: a packet whose id cannot be sent back ends its connection, as any other that cannot be read. */
export const packets = { Encoder, Decoder: CarefulDecoder };
