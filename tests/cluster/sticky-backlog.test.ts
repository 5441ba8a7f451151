import { onTestEnd } from "../support/cleanup.js";
import { signalIfAlive } from "../support/process-table.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession, type PollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";

const MIB = 2 ** 20;
/** Sent to each of two workers. */
const MANY_MIB = 64;
/** What systems keep of a connection between two processes of one machine, and what may wait in the primary. */
const KEPT_MIB = 16;

test("a body for a worker that hangs waits at its client", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { ROUTING: "sticky", MESSAGE_LIMIT_BYTES: "2000000" } });
  const sessions = new Map<number, PollingSession>();
  while (sessions.size < 2) {
    const session = await openPollingSession(shoal.url);
    sessions.set(session.worker, session);
  }
  const [hung, other] = [sessions.get(1)?.path, sessions.get(2)?.path];
  const pid = shoal.workers().get(1) ?? 0;
  process.kill(pid, "SIGSTOP");
  onTestEnd(() => signalIfAlive(pid, "SIGCONT"));

  const { socket, receive } = await openRaw(shoal.url);
  socket.write(`POST ${hung} HTTP/1.1\r\nHost: shoal\r\nContent-Length: ${MANY_MIB * MIB}\r\n\r\n`);
  for (let sent = 0; sent < MANY_MIB; sent += 1) socket.write(Buffer.alloc(MIB, "3"));
  for (let sent = 0; sent < MANY_MIB; sent += 1)
    expect(await call(shoal.url + other, { text: "3".repeat(MIB) })).toMatchObject({ status: 200 });

  expect(socket.writableLength).toBeGreaterThan((MANY_MIB - KEPT_MIB) * MIB);
  process.kill(pid, "SIGCONT");
  await receive(/^HTTP\/1.1 413 /);
  expect(complaints(shoal.logs)).toEqual([]);
});
