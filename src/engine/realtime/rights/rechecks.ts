import type { RightsScope } from "../../../contract/access.js";
import type { Asked } from "../../../contract/operations.js";
import type { Component } from "../../process/lifecycle.js";
import type { IoSocket } from "../io.js";
import type { Held } from "./admittance.js";
import type { Judge, Verdict } from "./judge.js";

/** Time between two questions about what could not be decided, in milliseconds. */
const RETRY_MS = 1000;
/** What has been undecided for so long after somebody said that the right may have ended is closed, in milliseconds. */
const UNDECIDED_MS = 60_000;

/** Questions to the rule that are open at a time: of one recheck, and of a sweep, for which nobody waits. */
const PARALLEL = 32;
const SWEEP_PARALLEL = 4;

/** Asks again about what this worker's connections have. Nothing of it rejects. */
export interface Rechecks extends Component {
  /**
   * About everything of the scope, because the right may have ended: what cannot be decided is asked about every second, and closed
   * after a minute. Calls for the same scope that wait together are one.
   */
  ended(scope: RightsScope): Promise<void>;
  /** About everything, without a reason: what cannot be decided stays. */
  sweep(): Promise<void>;
  /** About everything that this connection has: after its passport is another one. */
  connection(socket: IoSocket): Promise<void>;
  /** This was refused to the connection: what it has by the same right ends, and it is asked about what else it has in that room. */
  refused(socket: IoSocket, asked: Asked): Promise<void>;
}

/** What connections have. */
export interface Holdings {
  /** All that connections of this worker have within the scope. */
  of(scope: RightsScope): Iterable<Held>;
  /** What this one has, in this room if one is named. */
  ofConnection(socket: IoSocket, room?: string): readonly Held[];
}

export function createRechecks(holdings: Holdings, judge: Judge): Rechecks {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  const open = createOpenQuestions();
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;
  let stopped = false;

  function heard(held: Held, verdict: Verdict): void {
    if (verdict === "undecided") open.add(held);
    else open.delete(held);
  }

  async function askAll(scope: RightsScope): Promise<void> {
    const all = [...holdings.of(scope)];
    // Before the first question: the bound holds also for what a slow rule has no time for.
    for (const held of all) open.add(held);
    schedule();
    await judge.all(all, PARALLEL, heard);
  }

  function schedule(): void {
    if (timer === undefined && open.size > 0 && !stopped) timer = setTimeout(tick, RETRY_MS);
  }

  function tick(): void {
    timer = undefined;
    for (const held of open.takeExpired()) judge.close(held, "temporary");
    if (!isAsking) void askOpen();
    schedule();
  }

  async function askOpen(): Promise<void> {
    isAsking = true;
    await judge.all(open.aged(), PARALLEL, heard);
    isAsking = false;
    schedule();
  }

  return {
    name: "rechecks",
    start: async () => {},
    async stop() {
      stopped = true;
      clearTimeout(timer);
    },
    ended(scope) {
      const key = `${scope.room ?? ""}/${scope.user ?? ""}`;
      const queued = waiting.get(key);
      if (queued !== undefined) return queued;
      const next = (running.get(key) ?? Promise.resolve()).then(async () => {
        waiting.delete(key);
        running.set(key, next);
        await askAll(scope);
        if (running.get(key) === next) running.delete(key);
      });
      waiting.set(key, next);
      return next;
    },
    sweep: () => judge.all(holdings.of({}), SWEEP_PARALLEL),
    connection: (socket) => judge.all(holdings.ofConnection(socket), PARALLEL),
    async refused(socket, { operation, room }) {
      if (room === undefined) return;
      const held = holdings.ofConnection(socket, room);
      const isSame = ({ asked }: Held): boolean => asked.operation === operation;
      for (const one of held.filter(isSame)) judge.close(one, "forbidden");
      const others = held.filter((one) => !isSame(one));
      if (others.length > 0) await judge.all(others, PARALLEL);
    },
  };
}

interface Question {
  readonly held: Held;
  /** Of the performance clock. */
  readonly sinceMs: number;
}

/** What is not decided, once each. Connections that have ended are forgotten when their time is over. */
function createOpenQuestions() {
  const questions = new Map<IoSocket, Map<string, Question>>();
  const keyOf = ({ channel, asked }: Held): string => `${asked.operation} ${channel}`;

  function* all(): Iterable<Question> {
    for (const ofSocket of questions.values()) yield* ofSocket.values();
  }

  function remove(held: Held): void {
    const ofSocket = questions.get(held.socket);
    ofSocket?.delete(keyOf(held));
    if (ofSocket?.size === 0) questions.delete(held.socket);
  }

  return {
    get size(): number {
      return questions.size;
    },
    add(held: Held): void {
      const ofSocket = questions.get(held.socket) ?? new Map<string, Question>();
      questions.set(held.socket, ofSocket);
      const key = keyOf(held);
      if (!ofSocket.has(key)) ofSocket.set(key, { held, sinceMs: performance.now() });
    },
    delete: remove,
    /** Those that wait for longer than a question takes. */
    aged(): Held[] {
      const before = performance.now() - RETRY_MS / 2;
      return [...all()].filter(({ sinceMs }) => sinceMs <= before).map(({ held }) => held);
    },
    takeExpired(): Held[] {
      const before = performance.now() - UNDECIDED_MS;
      const expired = [...all()].filter(({ sinceMs }) => sinceMs <= before).map(({ held }) => held);
      for (const held of expired) remove(held);
      return expired;
    },
  };
}
