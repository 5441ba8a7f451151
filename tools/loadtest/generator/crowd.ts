import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AckedRoom, Tally } from "../ipc.js";
import { authOf, localAddressOf, roomName, roomOf, type Share, transportOf } from "../plan.js";
import { createBodies } from "../stamp.js";
import { durableConversations } from "./durable.js";
import { createMember, type Member } from "./member.js";
import { createMeter, type Meter } from "./meter.js";
import { createPacer, createRamp, type Pacer } from "./pacer.js";
import { relayConversations } from "./relay.js";
import { createRoomCheck, type Findings, type RoomCheck, sumFindings } from "./room-check.js";

/** All connections of one generator process. */
export interface Crowd {
  readonly meter: Meter;
  /** Begins to send. */
  load(): void;
  /** Ends sending and waits for what is unconfirmed, up to `settleMs`. */
  hold(settleMs: number): Promise<Tally>;
  /** What is missing or wrong; asks itself again for up to `settleMs` while something is missing. */
  check(acked: readonly AckedRoom[], settleMs: number): Promise<Findings>;
  /** Closes all connections. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 50;
/** Connections that are asked for one message before it is given up: in an outage there is none to be found. */
const SEND_TRIES = 64;

/** Opens the connections of a share, evenly over the ramp. */
export function startCrowd(share: Share): Crowd {
  const { options, run, first, count } = share;
  const meter = createMeter();
  const body = createBodies(options.bodyBytes);
  const sent = new Map<number, number>();
  const acked = new Map<number, number[]>();
  const checks = new Map<number, RoomCheck>();
  const converse = options.durable
    ? durableConversations({ run, meter, body, checkOf, onAcked })
    : relayConversations({ meter, body, onSent });
  const members: Member[] = [];
  const pacers: Pacer[] = [
    createRamp(count, options.rampMs, (index) => {
      const member = memberOf(first + index);
      members.push(member);
      member.start();
    }),
  ];
  let turn = 0;

  function checkOf(room: number): RoomCheck {
    const check = checks.get(room) ?? createRoomCheck(roomName(room, run));
    checks.set(room, check);
    return check;
  }

  function onSent(room: number, by: 1 | -1): void {
    sent.set(room, (sent.get(room) ?? 0) + by);
  }

  function onAcked(room: number, seq: number, key: number): void {
    onSent(room, 1);
    const pairs = acked.get(room) ?? [];
    acked.set(room, pairs);
    pairs.push(seq, key);
  }

  function memberOf(connection: number): Member {
    const room = roomOf(connection, options);
    const localAddress = localAddressOf(connection, share);
    return createMember(
      {
        url: options.url,
        transport: transportOf(connection, options),
        query: { r: randomUUID() },
        auth: authOf(connection, share),
        address: share.address,
        localAddress,
      },
      converse(room, roomName(room, run), connection),
      meter,
    );
  }

  /** The next one that can. */
  function sendOne(): void {
    for (let tries = 0; tries < Math.min(members.length, SEND_TRIES); tries += 1) {
      turn = (turn + 1) % members.length;
      if (members[turn]?.send()) return;
    }
    meter.count("skipped");
  }

  const pending = () => members.reduce((sum, member) => sum + member.pending(), 0);

  async function hold(settleMs: number): Promise<Tally> {
    for (const pacer of pacers) pacer.stop();
    await waitFor(() => pending() === 0, settleMs);
    const rooms = [...acked].map(([room, pairs]) => ({ room, pairs: Float64Array.from(pairs) }));
    return { sent, acked: rooms, unconfirmed: options.durable ? pending() : 0 };
  }

  async function check(all: readonly AckedRoom[], settleMs: number): Promise<Findings> {
    const look = () =>
      sumFindings(
        all.filter(({ room }) => checks.has(room)).map(({ room, pairs }) => checkOf(room).findings(pairs)),
      );
    let findings = look();
    await waitFor(() => {
      findings = look();
      return findings.lost === 0;
    }, settleMs);
    return findings;
  }

  return {
    meter,
    load() {
      const rate = (options.rate * count) / options.connections;
      pacers.push(createPacer(rate, sendOne, () => meter.count("skipped")));
    },
    hold,
    check,
    async stop() {
      for (const pacer of pacers) pacer.stop();
      await Promise.all(members.map((member) => member.stop()));
    },
  };
}

/** Until the condition holds, for a bounded time. */
async function waitFor(condition: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!condition() && performance.now() < endMs) await sleep(LOOK_EVERY_MS);
}
