// socket.io-adapter 2.5 beyond its documentation.

/** Options of a packet. A broadcast's are one object for all its receivers, with the frame made in advance. */
export interface PacketOptions {
  readonly volatile?: boolean;
  readonly wsPreEncodedFrame?: readonly Buffer[];
}

/** Whom a broadcast is for; without rooms it is for all. */
export interface Audience {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
}

/** An adapter encodes the packet of a broadcast once, and then walks over its receivers. */
interface Parts {
  _encode(packet: { readonly data?: unknown }, options: unknown): unknown;
  apply(audience: Audience, callback: unknown): unknown;
}

/**
 * Calls back once for each broadcast to this process's clients, with the name of its event. Documented ways see only the broadcasts
 * of this process: an adapter hands those of others to `super.broadcast`. Does nothing for an adapter without the expected parts.
 */
export function watchBroadcasts(
  adapter: object,
  onBroadcast: (event: string, audience: Audience) => void,
): void {
  const parts = adapter as Partial<Parts>;
  if (typeof parts._encode !== "function" || typeof parts.apply !== "function") return;
  const encode = parts._encode.bind(adapter);
  const apply = parts.apply.bind(adapter);
  let event: string | undefined;

  parts._encode = (packet, options) => {
    event = Array.isArray(packet.data) ? String(packet.data[0]) : undefined;
    return encode(packet, options);
  };
  parts.apply = (audience, callback) => {
    if (event !== undefined) onBroadcast(event, audience);
    event = undefined;
    return apply(audience, callback);
  };
}
