import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where a client connects to and as whom. */
export interface Target {
  /** Origin of the server, `http:` or `https:`. */
  readonly url: URL;
  /** Address to connect to instead of the name in `url`, which stays the Host and the name in the certificate. */
  readonly address?: string | undefined;
  /** Address to connect from: on loopback, every one out of 127.0.0.0/8 has some 28,000 ports of its own. */
  readonly localAddress?: string | undefined;
  /** Path and query of every request, without what the transport adds: `/socket.io/?EIO=4`. */
  readonly path: string;
}

/** What a transport tells. Bytes are valid only during the call. */
export interface TransportSink {
  /** One Engine.IO packet: bytes [start, end). */
  onPacket(bytes: Buffer, start: number, end: number): void;
  /** An attachment of the packet before. */
  onBinary(bytes: Buffer, start: number, end: number): void;
  /** The connection is gone or could not be made. Once, and last. */
  onClose(reason: string): void;
}

/** Carries Engine.IO packets. */
export interface Transport {
  send(packet: string): void;
  sendBinary(attachment: Buffer): void;
  /** Sends a frame of `clientFrame` as it is; WebSocket only. @throws on another transport. */
  sendFrame(frame: Buffer): void;
  /** Says goodbye as the protocol wants it. `onClose` follows, within a second. */
  close(): void;
  /** Ends at once. `onClose` follows. */
  destroy(reason: string): void;
}

/** How bytes come in: `data` is valid during the call only, up to `length`. */
export type OnBytes = (data: Buffer, length: number) => void;

/** Goodbyes that the other side does not answer end after this time. */
export const GOODBYE_MS = 1000;

/**
 * All sockets of the process read into this one buffer, as a read and its callback are one step of the event loop.
 * It is what makes the receiving of many small packets cheap.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** Opens a TCP or TLS connection; `onBytes` gets what comes. Errors and the end are events of the socket. */
export function dial({ url, address, localAddress }: Target, onBytes: OnBytes): Socket {
  const host = address ?? hostOf(url);
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const local = localAddress === undefined ? {} : { localAddress };
  if (url.protocol === "https:") {
    const name = /^[\d.]+$|:/.test(hostOf(url)) ? {} : { servername: hostOf(url) };
    const secure = connectTls({ host, port, ...local, ...name, ALPNProtocols: ["http/1.1"] });
    secure.on("data", (data: Buffer) => onBytes(data, data.length));
    return secure.setNoDelay(true);
  }
  const onread = {
    buffer: READ_BUFFER,
    callback(length: number): boolean {
      onBytes(READ_BUFFER, length);
      return true;
    },
  };
  return connect({ host, port, ...local, noDelay: true, onread });
}

/** The name in a URL as the resolver wants it. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** What an error of a socket is called: its code, if it has one. */
export function nameOf(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
