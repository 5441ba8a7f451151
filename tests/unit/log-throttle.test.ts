import type { IncomingMessage } from "node:http";
import { createLogThrottle } from "../../src/engine/process/log-throttle.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createPeer } from "../../src/engine/routing/peers/peer.js";
import { createPeerDirectory } from "../../src/engine/routing/peers/peer-directory.js";
import { createRelayCheck } from "../../src/engine/routing/worker/relay-check.js";
import type { Verdict } from "../../src/engine/routing/worker/relay-proof.js";
import { createLineLog } from "../support/line-log.js";

const MINUTE = 60_000;
let nowMs: number;

beforeEach(() => {
  nowMs = 5;
});

function aLog() {
  const lines = createLineLog();
  const log = createLogger("info", { write: (text) => lines.feed("stdout", text) });
  return { log, told: () => lines.lines.map(({ fields }) => fields) };
}

describe("a throttle of the log", () => {
  test("tells the first of a subject, and then one a minute with how many there were", () => {
    const throttle = createLogThrottle(() => nowMs);
    expect([throttle("a"), throttle("a"), throttle("b"), throttle("a")]).toEqual([
      1,
      undefined,
      1,
      undefined,
    ]);
    nowMs += MINUTE - 1;
    expect(throttle("a")).toBeUndefined();
    nowMs += 1;
    expect([throttle("a"), throttle("b"), throttle("b")]).toEqual([4, 1, undefined]);
  });

  test("tells a bounded number a minute, whoever makes up subjects, and those that it knows as before", () => {
    const throttle = createLogThrottle(() => nowMs);
    const made = (from: number) => Array.from({ length: 1000 }, (_, index) => throttle(`${from + index}`));
    throttle("known");
    const told = [...made(0), ...made(0), ...made(5000)].filter((count) => count !== undefined);
    expect(told.length).toBeLessThanOrEqual(101);
    expect(throttle("known")).toBeUndefined();
    nowMs += MINUTE;
    expect([throttle("known"), throttle("new")]).toEqual([2, 1]);
  });
});

describe("what claims to come from a peer and proves nothing", () => {
  const request = { socket: { remoteAddress: "192.0.2.1" } } as unknown as IncomingMessage;

  test("is told of again after a minute, by what it claims to be and by reason", () => {
    const { log, told } = aLog();
    let verdict: Verdict = { kind: "forged", sender: "aaaaaaaa", why: "secret" };
    const check = createRelayCheck(
      { judge: () => verdict },
      (key) => (key === "aaaaaaaa" ? "http://one:3000" : undefined),
      log,
      () => nowMs,
    );
    const judge = (next: Verdict) => {
      verdict = next;
      return check.judge(request);
    };
    for (let n = 0; n < 3; n += 1) judge({ kind: "forged", sender: "aaaaaaaa", why: "secret" });
    judge({ kind: "forged", sender: "aaaaaaaa", why: "clock" });
    judge({ kind: "forged", sender: "bbbbbbbb", why: "secret" });
    judge({ kind: "forged", sender: "cccccccc", why: "secret" });
    judge({ kind: "relayed" });
    nowMs += MINUTE;
    judge({ kind: "forged", sender: "aaaaaaaa", why: "secret" });

    expect(told().map(({ claimsToBe, count, peer }) => [claimsToBe, count, peer])).toEqual([
      ["http://one:3000", 1, undefined],
      ["http://one:3000", 1, undefined],
      ["unknown", 1, undefined],
      ["http://one:3000", 3, undefined],
    ]);
    for (const { msg, address } of told()) {
      expect(msg).toMatch(/^a request that claims to come from a peer is refused/);
      expect(address).toBe("192.0.2.1");
    }
  });

  test("so is a peer that refuses what this instance relays", () => {
    const { log, told } = aLog();
    const members = { urlOf: () => undefined, locate: async () => {}, listen: () => () => {} };
    const directory = createPeerDirectory(members, log, () => nowMs);
    const [one, other] = [
      createPeer("aaaaaaaa", "http://one:3000"),
      createPeer("bbbbbbbb", "http://two:3000"),
    ];
    for (const peer of [one, one, other, one]) directory.refused(peer);
    nowMs += MINUTE;
    directory.refused(createPeer("aaaaaaaa", "http://one:3000"));

    expect(told().map(({ peer, count }) => [peer, count])).toEqual([
      ["http://one:3000", 1],
      ["http://two:3000", 1],
      ["http://one:3000", 3],
    ]);
  });
});
