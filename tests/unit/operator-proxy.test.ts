import { createServer, METHODS, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperatorListener } from "../../src/engine/admin/operator-listener.js";
import { createOperatorProxy } from "../../src/engine/admin/operator-proxy.js";
import { operatorSocketOf } from "../../src/engine/admin/operator-socket.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { tempDir } from "../support/temp-dir.js";

const WORKER = { id: 7 };

/** A private port that passes everything on to a worker, whose routes are `operate`. */
async function proxyTo(operate: RequestListener): Promise<string> {
  const socketDir = await tempDir("sockets");
  const worker = createOperatorListener(operatorSocketOf(socketDir, WORKER.id), operate);
  await worker.start();
  onTestEnd(worker.stop);
  return listen(
    createServer(
      createOperatorProxy(
        () => socketDir,
        () => [WORKER],
      ),
    ),
  );
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(() => server.closeAllConnections());
  onTestEnd(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A request of its own, for a worker that takes it for one. */
const INNER = "POST /inner HTTP/1.1\r\nHost: inner\r\nContent-Length: 0\r\n\r\n";
const CHUNKED = [
  "Transfer-Encoding: chunked",
  `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`,
] as const;
const MEASURED = [`Content-Length: ${INNER.length}`, INNER] as const;

// CONNECT asks for something else than an answer.
test.each(METHODS.filter((method) => method !== "CONNECT"))(
  "a worker gets the body of a %s as the body, whole, and no other request",
  async (method) => {
    for (const [framing, body] of [CHUNKED, MEASURED]) {
      const got: string[] = [];
      const url = await proxyTo(async (request, response) => {
        let text = "";
        for await (const chunk of request) text += String(chunk);
        got.push(`${request.method} ${request.url} ${text}`);
        response.end();
      });
      const client = await openRaw(url);

      client.write(
        `${method} /outer HTTP/1.1\r\nHost: outer\r\nConnection: close\r\n${framing}\r\n\r\n${body}`,
      );

      expect(await client.readToEnd()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(got).toEqual([`${method} /outer ${INNER}`]);
    }
  },
);

test("an answer that comes before all of the body was sent comes whole", async () => {
  const answer = "x".repeat(1_000_000);
  const url = await proxyTo((_request, response) => {
    response.writeHead(413, { "Content-Length": answer.length }).end(answer);
  });
  const client = await openRaw(url);

  client.write("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
  client.write("y".repeat(4_000_000));
  await client.read(/^HTTP\/1\.1 413 /);
  client.write("y".repeat(4_000_000));

  await client.read(/\r\n\r\nx{1000000}$/);
});

test.each(["Content-Length: 8", "Transfer-Encoding: chunked"])(
  "an answer that does not wait for the body comes before any of it, with %s",
  async (framing) => {
    const url = await proxyTo((_request, response) => {
      response.writeHead(404, { "Content-Length": 0 }).end();
    });
    const client = await openRaw(url);

    client.write(`POST /a HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);

    await client.read(/^HTTP\/1\.1 404 /);
  },
);
