/** Socket.IO packet types, protocol 5 (https://socket.io/docs/v4/socket-io-protocol/). */
export const PACKET = {
  connect: 0,
  disconnect: 1,
  event: 2,
  ack: 3,
  connectError: 4,
  binaryEvent: 5,
  binaryAck: 6,
} as const;

/** A packet of the main namespace; `data` still has placeholders where attachments belong. */
export interface Packet {
  readonly type: number;
  readonly attachments: number;
  readonly id: number | undefined;
  readonly data: unknown;
}

const FORM = /^(\d)(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?([\s\S]*)$/;

/** A packet without the Engine.IO type before it; nothing when it is of another namespace. @throws when it is none. */
export function decodePacket(text: string): Packet | undefined {
  const [, type, attachments, namespace, id, data] = FORM.exec(text) ?? [];
  if (type === undefined || Number(type) > PACKET.binaryAck) throw new Error("not a Socket.IO packet");
  if (namespace !== undefined && !/^\/(\?|$)/.test(namespace)) return undefined;
  return {
    type: Number(type),
    attachments: Number(attachments ?? 0),
    id: id === undefined ? undefined : Number(id),
    data: data === undefined || data === "" ? undefined : JSON.parse(data),
  };
}

/** An event as an Engine.IO packet, and the binary packets that follow it. `id` asks for an acknowledgement. */
export function encodeEvent(args: readonly unknown[], id?: number): { text: string; binary: Buffer[] } {
  return encode(PACKET.event, args, id);
}

/** The acknowledgement of the event that came with `id`. */
export function encodeAck(args: readonly unknown[], id: number): { text: string; binary: Buffer[] } {
  return encode(PACKET.ack, args, id);
}

function encode(plainType: number, args: readonly unknown[], id: number | undefined) {
  const binary: Buffer[] = [];
  const data = JSON.stringify(withPlaceholders(args, binary));
  const type = binary.length === 0 ? `${plainType}` : `${plainType + 3}${binary.length}-`;
  return { text: `4${type}${id ?? ""}${data}`, binary };
}

/** Takes binary parts out. Before JSON.stringify, which would ask a Buffer for its own idea of JSON first. */
function withPlaceholders(value: unknown, binary: Buffer[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    binary.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    return { _placeholder: true, num: binary.length - 1 };
  }
  if (Array.isArray(value)) return value.map((one) => withPlaceholders(one, binary));
  if ("toJSON" in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withPlaceholders(one, binary)]),
  );
}

/** `data` with its attachments in their places. */
export function withAttachments(data: unknown, attachments: readonly Buffer[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) return data.map((one) => withAttachments(one, attachments));
  if ("_placeholder" in data && "num" in data) return attachments[Number(data.num)];
  return Object.fromEntries(
    Object.entries(data).map(([name, one]) => [name, withAttachments(one, attachments)]),
  );
}
