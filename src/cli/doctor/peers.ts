import type { Config } from "../../engine/config/config.js";
import type { LivingMember } from "../../engine/stores/membership-inspection.js";
import type { PeerAnswer } from "../../engine/worker/inspected-peers.js";
import { type Check, type Finding, fail, inTime, ok, warn, worst } from "./check.js";

const EDGE = "docs/runbook.md#certificates-and-the-edge";
const REDIS = "docs/runbook.md#redis-is-lost";
/** A worker gives a sign of life every 3 s: within so long each has given one. */
const WATCH_MS = 4000;
/** Longest wait for an instance, after that. */
const ANSWER_MS = 3000;

/** Whether the instances that share this MongoDB reach, believe and hear each other, with the configuration that is here. */
export function peersCheck(config: Config, patienceMs: number): Check {
  return {
    name: "peers",
    see: REDIS,
    async run() {
      if (config.mongodbUri === "") return ok("not used: the embedded MongoDB is that of one instance");
      if (patienceMs < WATCH_MS + ANSWER_MS) return ok("not looked at: it takes 8 s, see --timeout");
      const { livingMembers } = await import("../../engine/stores/membership-inspection.js");
      const members = await livingMembers(config.mongodbUri, WATCH_MS).catch(() => undefined);
      if (members === undefined) return ok("could not be looked at: see the check mongodb");
      const [answers, listeners] = await Promise.all([
        answersOf(config, members),
        listenersOf(config, members),
      ]);
      return peersFinding(members.length, answers, listeners);
    },
  };
}

/** Undefined where Redis has a check that says why. */
async function listenersOf({ redis }: Config, members: readonly LivingMember[]): Promise<number | undefined> {
  if (redis === undefined || members.length === 0) return undefined;
  const { countListeners } = await import("../../engine/stores/bus-listeners.js");
  return inTime("Redis", countListeners(redis), ANSWER_MS).catch(() => undefined);
}

/** By the address of an instance; without a PEER_URL here, this one passes nothing on and has no secret. */
async function answersOf(
  config: Config,
  members: readonly LivingMember[],
): Promise<ReadonlyMap<string, PeerAnswer>> {
  if (config.peerUrl === "") return new Map();
  const urls = new Set(members.flatMap(({ peerUrl }) => peerUrl ?? []));
  const { askPeer } = await import("../../engine/worker/inspected-peers.js");
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answers = [...urls].map(async (url) => [url, await askPeer(config, url, signal)] as const);
  return new Map(await Promise.all(answers));
}

/** Of so many living workers, with what their instances have answered and how many listen; undefined where that is not known. */
export function peersFinding(
  workers: number,
  answers: ReadonlyMap<string, PeerAnswer>,
  listeners: number | undefined,
): Finding {
  if (workers === 0) return ok("no instance runs with this MongoDB");
  const problems = [...proofProblems(answers), ...listenerProblems(workers, listeners)];
  const [first] = problems;
  if (first === undefined) {
    const believed = answers.size === 0 ? "" : `; ${answers.size} instances believe this PEER_SECRET`;
    const heard = listeners === undefined ? "" : "; all hear each other over Redis";
    return ok(`${workers} workers of all instances are alive${believed}${heard}`);
  }
  return {
    ...first,
    status: worst(problems),
    message: problems.map(({ message }) => message).join("; "),
    advice: problems.map(({ advice }) => advice).join("; "),
  };
}

function proofProblems(answers: ReadonlyMap<string, PeerAnswer>): Finding[] {
  const refusing = [...answers].flatMap(([url, answer]) => (answer === "refused" ? [url] : []));
  const silent = [...answers].flatMap(([url, answer]) =>
    typeof answer === "string" ? [] : [`${url} (${answer.unreachable})`],
  );
  const secrets = fail(
    `refused by ${refusing.join(", ")}: PEER_SECRET there is another one, or the clocks differ`,
    "give all instances the same PEER_SECRET, the old one as PEER_SECRET_PREVIOUS while you replace it",
    EDGE,
  );
  const network = fail(
    `not reached from here: ${silent.join(", ")}, though alive`,
    "compare its PEER_URL with where it listens, and let the network pass instances to each other",
    EDGE,
  );
  return [...(refusing.length > 0 ? [secrets] : []), ...(silent.length > 0 ? [network] : [])];
}

function listenerProblems(workers: number, listeners: number | undefined): Finding[] {
  if (listeners === undefined || listeners === workers) return [];
  if (listeners < workers)
    return [
      fail(
        `${listeners} of ${workers} living workers listen at this Redis under this REDIS_PREFIX: what is relayed does not reach the clients of the others`,
        "give all instances the same REDIS_URL, REDIS_PREFIX and REDIS_ADAPTER; where they have, look at the check redis of each",
      ),
    ];
  return [
    warn(
      `${listeners} listen at this Redis under this REDIS_PREFIX, and only ${workers} workers are alive in this MongoDB: others have another MongoDB, or have just ended`,
      "look again; then give all instances of a service the same MONGODB_URI, and another service a REDIS_PREFIX of its own",
    ),
  ];
}
