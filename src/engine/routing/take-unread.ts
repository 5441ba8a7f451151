import type { Socket } from "node:net";

/** Takes what was read of a connection and has not been consumed; to be followed by `destroy`, as it goes on reading otherwise. */
export function takeUnread(socket: Socket): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
