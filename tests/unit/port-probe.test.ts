import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { createPortProbe } from "../../src/engine/process/listener.js";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";

async function takenPort(host: string): Promise<number> {
  const server = createServer((connection) => connection.on("error", () => {}).resume());
  onTestEnd(() => server.close());
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("the look at the port", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["0.0.0.0", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
    ["localhost", "127.0.0.1"],
  ])("of a start on %s finds a server on %s", async (host, taken) => {
    const port = await takenPort(taken);

    await expect(createPortProbe(host, port).start()).rejects.toThrow(
      `PORT ${port} is already in use on ${host}`,
    );
  });

  test("finds nothing where nobody listens, and with port 0", async () => {
    for (const host of ["127.0.0.1", "0.0.0.0", "::", "localhost"]) {
      await expect(createPortProbe(host, await freePort()).start()).resolves.toBeUndefined();
      await expect(createPortProbe(host, 0).start()).resolves.toBeUndefined();
    }
  });

  test("finds an address that is not this machine's", async () => {
    const host = "203.0.113.9"; // RFC 5737: for documentation, nobody has it
    await expect(createPortProbe(host, 3000).start()).rejects.toThrow(
      `HOST ${host} is not an address of this machine`,
    );
  });

  test("never listens itself: who connects meanwhile is refused", async () => {
    const port = await freePort();
    const knock = () =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port });
        socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""));
        socket.once("connect", () => {
          socket.destroy();
          resolve("connected");
        });
      });

    const heard = Array.from({ length: 200 }, async (_, turn) => {
      if (turn % 4 === 0) await createPortProbe("127.0.0.1", port).start();
      return knock();
    });

    expect(new Set(await Promise.all(heard))).toEqual(new Set(["ECONNREFUSED"]));
  });
});
