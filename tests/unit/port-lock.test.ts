import { createPortLock, type PortLock } from "../../src/engine/process/port-lock.js";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";

// Of Linux, as LISTEN=reuse-port is.
const isThere = process.platform === "linux";

function aLock(host: string): PortLock {
  const lock = createPortLock(host);
  onTestEnd(lock.release);
  return lock;
}

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["127.0.0.1", "localhost"],
  ["0.0.0.0", "::"],
])("a port that is kept on %s is in use on %s, until it is released", async (host, other) => {
  const port = await freePort();
  const [first, second, third] = [aLock(host), aLock(other), aLock(other)];
  await first.take(port);
  await first.take(port);
  const taken = second.take(port).then(
    () => "taken",
    ({ message }: Error) => message,
  );
  expect(await taken).toBe(isThere ? `PORT ${port} is already in use on ${other}` : "taken");

  first.release();
  await third.take(port);
});

test("other ports and other addresses are free", async () => {
  const port = await freePort();
  await aLock("127.0.0.1").take(port);
  for (const host of ["127.0.0.2", "0.0.0.0", "no.such.host.invalid"]) await aLock(host).take(port);
  await aLock("127.0.0.1").take(await freePort());
});

test("of many at the same time one has it", async () => {
  const port = await freePort();
  const locks = Array.from({ length: 20 }, () => aLock("127.0.0.1"));
  const taken = await Promise.allSettled(locks.map((lock) => lock.take(port)));
  expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(isThere ? 1 : 20);
});
