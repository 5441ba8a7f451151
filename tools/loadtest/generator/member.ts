import { nowUs } from "../clock.js";
import { createRawClient, type RawClient, type RawClientOptions } from "../raw/raw-client.js";
import type { Conversation } from "./conversation.js";
import type { Meter } from "./meter.js";

/** One of the connections of the load test, which comes back whenever it is closed. */
export interface Member {
  /** Connects, in the background, again and again until `stop`. */
  start(): void;
  /** Sends a message; false when it cannot. */
  send(): boolean;
  pending(): number;
  /** Closes the connection with a goodbye. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/** `options` say how to connect; the conversation says what to do then. */
export function createMember(options: RawClientOptions, conversation: Conversation, meter: Meter): Member {
  let client: RawClient | undefined;
  let ready = false;
  let stopped = false;
  let downSinceUs: number | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  function onClose(reason: string): void {
    if (ready) meter.change("connected", -1);
    const wasReady = ready;
    ready = false;
    if (stopped) return;
    meter.error(`${wasReady ? "closed" : "connect"}: ${reason}`);
    if (wasReady) {
      downSinceUs = nowUs();
      meter.change("reconnecting", 1);
      failures = 0;
    }
    // Jittered, so that a crowd that lost its server does not come back in one instant.
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + Math.random());
    failures += 1;
    timer = setTimeout(attempt, pauseMs);
  }

  function onReady(sinceUs: number): void {
    ready = true;
    failures = 0;
    meter.change("connected", 1);
    if (downSinceUs === undefined) {
      meter.time("connectTime", sinceUs);
      return;
    }
    meter.count("reconnects");
    meter.change("reconnecting", -1);
    meter.time("downTime", downSinceUs);
    downSinceUs = undefined;
  }

  async function attempt(): Promise<void> {
    const sinceUs = nowUs();
    let told = false;
    const tell = (reason: string) => {
      if (!told) onClose(reason);
      told = true;
    };
    const fresh = createRawClient({ ...options, ...callbacksOf(conversation), onClose: tell });
    client = fresh;
    try {
      await fresh.connect();
      await conversation.enter(fresh);
      if (!told && !stopped) onReady(sinceUs);
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
      fresh.destroy();
    }
  }

  return {
    start: () => void attempt(),
    send: () => ready && client !== undefined && conversation.send(client),
    pending: conversation.pending,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.close();
    },
  };
}

function callbacksOf({ onMessage, onEvent }: Conversation): Pick<RawClientOptions, "onMessage" | "onEvent"> {
  return { ...(onMessage === undefined ? {} : { onMessage }), ...(onEvent === undefined ? {} : { onEvent }) };
}
