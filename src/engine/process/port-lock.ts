import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:net";
import { explain, isEveryAddress } from "./listener.js";
import { StartError } from "./start-error.js";

/** Keeps a port for one instance, where the kernel would let others of the same user listen there as well (`reusePort`). */
export interface PortLock {
  /** Once for its life. @throws {StartError} when somebody else has the port. */
  take(port: number): Promise<void>;
  release(): void;
}

/**
 * A socket whose abstract name says address and port: it is seen where the port is (in a network namespace, by all users), is taken by one at
 * a time, and goes with its process, however that ends. All addresses are one name, and another one than each of them has.
 */
export function createPortLock(host: string): PortLock {
  let taking: Promise<void> | undefined;
  let server: Server | undefined;

  async function listen(port: number): Promise<void> {
    if (process.platform !== "linux") return; // there are neither such names nor LISTEN=reuse-port
    const path = `\0shoal-port-${await nameOf(host)}-${port}`;
    const own = createServer((socket) => socket.on("error", () => {}).destroy());
    server = own;
    await new Promise<void>((resolve, reject) => {
      own.once("error", reject).listen({ path }, resolve);
    }).catch((error: NodeJS.ErrnoException) => {
      throw new StartError(explain(error, host, port), { cause: error });
    });
  }

  return {
    take(port) {
      taking ??= listen(port);
      return taking;
    },
    release() {
      server?.close();
    },
  };
}

/** That of the address at which a server would listen; what is none is told by who listens. */
async function nameOf(host: string): Promise<string> {
  if (isEveryAddress(host)) return "*";
  return lookup(host).then(
    ({ address }) => address,
    () => host.slice(0, 64),
  );
}
