import type { Passport } from "../../../src/contract/passport.js";
import type { Io, IoSocket } from "../../../src/engine/realtime/io.js";
import { createRevokedConnections } from "../../../src/engine/realtime/sessions/revoked-connections.js";
import { onTestEnd } from "../../support/cleanup.js";
import { createWorld, revoking, tokenOf } from "./support/world.js";

const SECOND = 1000;

/** A connection as far as the sweep sees it. */
interface Connected {
  readonly data: { passport: Passport };
  readonly told: unknown[];
}

/** A worker of which connections are looked at. */
async function createSweep() {
  const world = createWorld();
  const revocations = await world.start();
  const sockets = new Map<string, Connected>();
  let onConnection = (_socket: IoSocket): void => {};
  const io = {
    sockets: { sockets },
    on: (_event: string, hear: (socket: IoSocket) => void) => {
      onConnection = hear;
    },
    off() {},
  } as unknown as Io;
  const ended: unknown[] = [];
  const ending = new Set<IoSocket>();
  let closed = 0;
  const sweep = createRevokedConnections({
    io,
    revocations,
    endings: {
      end(socket, code) {
        ending.add(socket);
        ended.push([socket.data.passport.user, code]);
      },
      isEnding: (socket) => ending.has(socket),
    },
    clock: world.time.process().clock,
    renewMs: 30 * SECOND,
    closed: () => {
      closed += 1;
    },
  });
  onTestEnd(() => sweep.stop());
  await sweep.start();

  function connect(passport: Passport): Connected {
    const told: unknown[] = [];
    const socket = { data: { passport }, told, emit: (...event: unknown[]) => told.push(event) };
    sockets.set(String(sockets.size), socket);
    onConnection(socket as unknown as IoSocket);
    return socket;
  }
  return { world, revocations, connect, ended, closed: () => closed };
}

const EXPIRES_AT_MS = 1e15;
const withExpiry = (passport: Passport): Passport => ({
  ...passport,
  ...(passport.token && { token: { ...passport.token, expiresAtMs: EXPIRES_AT_MS } }),
});

test("connections of a revoked user are ended at the next look, and those of others are not", async () => {
  const { world, revocations, connect, ended, closed } = await createSweep();
  connect(tokenOf("ann", world.nowS()));
  const bob = connect(tokenOf("bob", world.nowS()));
  await revocations.revoke(revoking("user:ann"));
  await world.time.advance(SECOND);

  expect(ended).toEqual([["ann", "token_revoked"]]);
  expect(closed()).toBe(1);
  expect(bob.told).toEqual([]);
});

test("one that was let in just before the look, and comes just after it, is ended when it comes", async () => {
  const { world, revocations, connect, ended } = await createSweep();
  const passport = tokenOf("ann", world.nowS());
  revocations.check(passport);
  await revocations.revoke(revoking("user:ann"));
  await world.time.advance(SECOND);

  connect(passport);

  expect(ended).toEqual([["ann", "token_revoked"]]);
});

describe("with time to renew", () => {
  const renewable = { ...revoking("user:ann"), isRenewable: true };

  test("a connection is told once, and ended after it", async () => {
    const { world, revocations, connect, ended } = await createSweep();
    const ann = connect(withExpiry(tokenOf("ann", world.nowS())));
    await revocations.revoke(renewable);
    await world.time.advance(29 * SECOND);
    expect(ended).toEqual([]);
    expect(ann.told).toEqual([["auth_expiring", { expiresAt: expect.any(String) }]]);

    await world.time.advance(2 * SECOND);

    expect(ended).toEqual([["ann", "token_revoked"]]);
    expect(ann.told).toHaveLength(1);
  });

  test("one that renews with a newer token stays", async () => {
    const { world, revocations, connect, ended } = await createSweep();
    const ann = connect(withExpiry(tokenOf("ann", world.nowS())));
    await revocations.revoke(renewable);
    await world.time.advance(10 * SECOND);

    ann.data.passport = tokenOf("ann", world.nowS());
    await world.time.advance(60 * SECOND);

    expect(ended).toEqual([]);
  });

  test("a second revocation that leaves none ends it at once, and one that leaves some does not give more", async () => {
    const { world, revocations, connect, ended } = await createSweep();
    connect(withExpiry(tokenOf("ann", world.nowS())));
    connect(withExpiry(tokenOf("bob", world.nowS())));
    await revocations.revoke({ ...renewable, targets: ["user:ann", "user:bob"] });
    await world.time.advance(10 * SECOND);

    await revocations.revoke(revoking("user:ann"));
    await revocations.revoke({ ...renewable, targets: ["user:bob"] });
    await world.time.advance(SECOND);
    expect(ended).toEqual([["ann", "token_revoked"]]);
    await world.time.advance(20 * SECOND);

    expect(ended).toContainEqual(["bob", "token_revoked"]);
  });

  test("a connection is told the end of its token where that comes before", async () => {
    const { world, revocations, connect } = await createSweep();
    const ann = connect(tokenOf("ann", world.nowS()));
    await revocations.revoke(renewable);
    await world.time.advance(SECOND);

    expect(ann.told).toEqual([["auth_expiring", { expiresAt: new Date(0).toISOString() }]]);
  });
});
