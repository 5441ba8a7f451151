import type { Socket } from "node:net";

/** Longest time until a new connection has said what it wants, in milliseconds; then the HTTP server's own limits count. */
const SILENCE_MS = 60_000;
/** A longer request line is taken as it is: the parser refuses it. */
const LINE_LIMIT_BYTES = 16_384;
const REQUEST_LINE = /^(?:GET|POST) (\S+) HTTP/;

/** New connections, until their first request line is here. */
export interface FirstRequests {
  /** Calls back once, with what was read and the URL that is asked for, empty if that cannot be told. */
  of(socket: Socket, onRequest: (bytes: Buffer, url: string) => void): void;
  /** Lets go of those that have said nothing yet, and returns them. Those that have begun are called back. */
  release(): Socket[];
}

/** One that closes before has said nothing that anybody could answer. */
export function createFirstRequests(): FirstRequests {
  const waiting = new Map<Socket, () => boolean>();

  return {
    of(socket, onRequest) {
      let bytes: Buffer = Buffer.alloc(0);
      const end = () => socket.destroy();
      const timer = setTimeout(end, SILENCE_MS);

      function letGo(): void {
        waiting.delete(socket);
        clearTimeout(timer);
        socket.off("close", letGo).off("end", end).off("error", end).off("data", onData);
      }

      function onData(chunk: Buffer): void {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
        const lineEnd = bytes.indexOf("\n");
        if (lineEnd === -1 && bytes.length < LINE_LIMIT_BYTES) return;
        letGo();
        onRequest(bytes, REQUEST_LINE.exec(bytes.toString("latin1", 0, lineEnd))?.[1] ?? "");
      }

      waiting.set(socket, () => {
        letGo();
        if (bytes.length > 0) onRequest(bytes, "");
        return bytes.length === 0;
      });
      socket.once("close", letGo).once("end", end).on("error", end).on("data", onData);
    },
    release: () => [...waiting].flatMap(([socket, letGo]) => (letGo() ? [socket] : [])),
  };
}
