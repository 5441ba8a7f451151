import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** The address on which everything that a tool starts listens. */
export const HOST = "127.0.0.1";

// Below the range from which systems give out ports themselves: an instance that restarts must find its port free.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 100;

/** True if nobody listens on this port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, HOST);
  const free = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (free) await once(server.close(), "close");
  return free;
}

/** True if somebody accepts connections on this port. Unlike `isFree` it is in nobody's way. */
export async function isServed(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  const served = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return served;
}

/** A port that was free a moment ago. @throws when there seems to be none. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Different ports that were free a moment ago. @throws when there seem to be none. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < TRIES && found.size < count; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) found.add(port);
  }
  if (found.size < count) throw new Error(`no free ports found between ${FIRST_PORT} and ${LAST_PORT}`);
  return [...found];
}
