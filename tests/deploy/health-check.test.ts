import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";
import { readDockerfile, textsOf } from "./support/dockerfile.js";

describe("the image's health check", () => {
  const [instruction = ""] = textsOf(readDockerfile().at(-1), "HEALTHCHECK");
  const [program, ...args] = JSON.parse(/CMD (\[.*\])$/.exec(instruction)?.[1] ?? "[]") as string[];

  /** Runs the health check as Docker would. Resolves with its exit code. */
  async function check(adminPort: number): Promise<number> {
    const env = { ADMIN_PORT: String(adminPort) };
    const child = spawn(process.execPath, args, { env, stdio: "inherit" });
    onTestEnd(() => child.kill("SIGKILL"));
    const [code] = (await once(child, "exit")) as [number];
    return code;
  }

  /** An admin port that answers with one status. Resolves with its number and the paths that were asked for. */
  async function adminPort(status: number): Promise<{ port: number; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(status, { Connection: "close" }).end();
    });
    onTestEnd(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, asked };
  }

  test("is a program without a shell, and the only program that is surely there", () => {
    expect(program).toBe("node");
  });

  test("passes while the instance is ready", async () => {
    const { port, asked } = await adminPort(200);

    expect(await check(port)).toBe(0);
    expect(asked).toEqual(["/readyz"]);
  });

  test("fails while the instance is not", async () => {
    const { port } = await adminPort(503);

    expect(await check(port)).toBe(1);
  });

  test("fails when nobody listens", async () => {
    expect(await check(await freePort())).toBe(1);
  });
});
