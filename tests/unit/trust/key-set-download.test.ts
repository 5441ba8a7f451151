import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { downloadKeySet } from "../../../src/engine/trust/tokens/key-set-download.js";
import { onTestEnd } from "../../support/cleanup.js";

const SET = { keys: [{ kty: "EC", kid: "a" }] };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  onTestEnd(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

const download = (url: string): Promise<unknown> => downloadKeySet(url, new AbortController().signal);

test("a key set is had from its address", async () => {
  const url = await serve((_request, response) => response.end(JSON.stringify(SET)));

  await expect(download(url)).resolves.toEqual(SET);
});

test("a redirect is not followed", async () => {
  const followed: string[] = [];
  const elsewhere = await serve((request, response) => {
    followed.push(request.url ?? "");
    response.end(JSON.stringify(SET));
  });
  const url = await serve((_request, response) => response.writeHead(302, { Location: elsewhere }).end());

  await expect(download(url)).rejects.toThrow("status 302");
  expect(followed).toEqual([]);
});

test("a set without an end is cut off", async () => {
  let sent = 0;
  const url = await serve((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536))) sent += 65_536;
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });

  await expect(download(url)).rejects.toThrow("exceeds 262144 bytes");
  expect(sent).toBeLessThan(100 * 262_144);
});

test.each(["", "<html>", "null", "[]", '{"keys":{}}', '{"keys":[]}', '{"keys":[1]}', '{"keys":[null]}'])(
  "%j is no key set",
  async (body) => {
    const url = await serve((_request, response) => response.end(body));

    await expect(download(url)).rejects.toThrow();
  },
);

test("of the provider's description the address of its keys is told, in printable letters and in part", async () => {
  const uri = "https://id.example/jwks";
  let answer: object = { issuer: "https://id.example", jwks_uri: uri };
  const url = await serve((_request, response) => response.end(JSON.stringify(answer)));

  await expect(download(url)).rejects.toThrow(
    `the answer is no key set of 1 to 100 keys, but names its address as jwks_uri, "${uri}": set AUTH_JWKS_URL to that`,
  );
  answer = { jwks_uri: `\u001b[2J${"x".repeat(5000)}` };
  await expect(download(url)).rejects.toThrow(/^the answer [ -~]{100,300}$/);
});

test("a stop ends what is under way", async () => {
  const url = await serve(() => stopping.abort());
  const stopping = new AbortController();

  await expect(downloadKeySet(url, stopping.signal)).rejects.toThrow("aborted");
});
