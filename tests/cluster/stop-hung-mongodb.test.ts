import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { complaints } from "./support/complaints.js";
import { openRaw } from "./support/raw-connection.js";

const MESSAGES = "/rooms/lounge/messages";
const EXIT_WITHIN_MS = 30_000;

// Code 0 and no complaint tell that it ended in time: workers that are late are killed, and a process that is late ends with 1.

test.each([1, 2])(
  "while MongoDB hangs, a stop ends in time, and open publishes are told to come again (WORKERS=%i)",
  async (workers) => {
    const mongo = await startMongo();
    const env = { SHUTDOWN_TIMEOUT_MS: "12000" };
    const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor(), env });
    const [{ socket }, posting] = await Promise.all([connectClient(shoal.url), openRaw(shoal.url)]);
    const publish = (id: string) => ({ room: "lounge", messages: [{ id, body: "hello" }] });
    await expect(emitAck(socket, "publish", publish("1"))).resolves.toMatchObject({ ok: true });

    mongo.hang();
    const json = JSON.stringify({ id: "2", body: "hello" });
    const head = `POST ${MESSAGES} HTTP/1.1\r\nHost: shoal\r\nX-User-Id: ann\r\nContent-Type: application/json`;
    await posting.sendPacket(`${head}\r\nContent-Length: ${json.length}\r\n\r\n${json}`);
    const acknowledged = emitAck(socket, "publish", publish("3"), EXIT_WITHIN_MS);
    await expect(emitAck(socket, "message", { body: "behind it" })).resolves.toMatchObject({ ok: true });
    process.kill(shoal.pid, "SIGTERM");

    await expect(acknowledged).resolves.toMatchObject({ ok: false, error: { code: "temporary" } });
    await expect(shoal.expectExit(EXIT_WITHIN_MS)).resolves.toEqual({ code: 0, signal: null });
    const answer = await posting.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"code":"temporary"');
    expect(shoal.logs.filter(logged("requests cut off by the shutdown timeout"))).toEqual([]);
    expect(complaints(shoal.logs)).toEqual([]);
  },
);
