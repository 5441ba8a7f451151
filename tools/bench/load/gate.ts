import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";

/** A way to a server that can be cut, for one client. */
export interface Gate {
  readonly url: string;
  /** Resets what is connected, and whatever comes from now on. */
  cut(): void;
  mend(): void;
  close(): void;
}

/** Opens a way to `url` at a port of its own of 127.0.0.1. */
export async function openGate(url: string): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;

  const server = createServer({ noDelay: true }, (client) => {
    if (isCut) return void client.resetAndDestroy();
    const target = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    pipeline(client, target, client, () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");

  function resetAll(): void {
    for (const socket of open) socket.resetAndDestroy();
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      resetAll();
    },
    mend() {
      isCut = false;
    },
    close() {
      server.close();
      resetAll();
    },
  };
}
