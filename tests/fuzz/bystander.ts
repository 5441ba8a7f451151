import { percentile } from "../../tools/bench/percentile.js";
import { createRawClient } from "../../tools/loadtest/raw/raw-client.js";

/** Whom a bystander talks to, and as whom. */
export interface BystanderSpec {
  readonly url: string;
  readonly auth: Readonly<Record<string, string>>;
  readonly room: string;
}

/** What an ordinary client has seen since the last look. */
export interface Seen {
  readonly published: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** An ordinary client, who publishes at a steady pace and reads what he has published by another connection. */
export interface Bystander {
  /** Ends one stretch of time and begins another one. */
  look(): Promise<Seen>;
  /** Leaves; resolves with what was wrong. */
  stop(): Promise<readonly string[]>;
}

/** Between two messages, in milliseconds. */
const EVERY_MS = 50;
/** Messages on the way; while a busy machine has so many of them, no more are sent. */
const MOST_OPEN = 10;
/** Only a server that hangs takes so long to acknowledge, in milliseconds. */
const ACKNOWLEDGES_WITHIN_MS = 120_000;
/** Time for the last messages to arrive, in milliseconds. */
const ARRIVES_WITHIN_MS = 20_000;

interface Page {
  readonly after: number;
  readonly to: number;
  readonly messages: readonly { readonly seq: number; readonly id: string }[];
}

/** Begins at once. @throws when he cannot come in. */
export async function startBystander({ url, auth, room }: BystanderSpec): Promise<Bystander> {
  const problems: string[] = [];
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const got: string[] = [];
  let cursor = 0;
  let latenciesMs: number[] = [];
  let count = 0;

  function take({ after, to, messages }: Page): void {
    if (after !== cursor) problems.push(`a page after ${after} came at ${cursor}`);
    for (const { seq, id } of messages) {
      if (seq <= cursor) problems.push(`number ${seq} came at ${cursor}`);
      cursor = seq;
      got.push(id);
    }
    cursor = to;
  }

  const localAddress = "127.0.1.1";
  const onClose = (reason: string): void => void problems.push(`was disconnected: ${reason}`);
  const reader = createRawClient({
    ...{ url, auth, localAddress, onClose },
    onEvent: (name, [page]) =>
      void ((page as { room?: string }).room === room && name === "messages" && take(page as Page)),
  });
  const writer = createRawClient({ url, auth, localAddress, onClose });
  await Promise.all([reader.connect(), writer.connect()]);
  take((await reader.ask("subscribe", { room, after: 0 })) as Page);

  const open = new Set<Promise<void>>();
  async function publish(id: string): Promise<void> {
    const begunMs = performance.now();
    const answer = await writer
      .ask("publish", { room, messages: [{ id, body: "x".repeat(100) }] }, ACKNOWLEDGES_WITHIN_MS)
      .catch(String);
    latenciesMs.push(performance.now() - begunMs);
    if ((answer as { ok?: boolean }).ok === true) acknowledged.push(id);
    else refused.push(JSON.stringify(answer).slice(0, 200));
  }
  function publishNext(): void {
    if (open.size >= MOST_OPEN) return;
    const task = publish(`m-${count++}`).finally(() => open.delete(task));
    open.add(task);
  }
  publishNext(); // a single case may be over before the first time has passed
  const timer = setInterval(publishNext, EVERY_MS);

  return {
    async look() {
      const samples = latenciesMs;
      latenciesMs = [];
      return { published: samples.length, p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) };
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      const lateMs = performance.now() + ARRIVES_WITHIN_MS;
      while (got.length < acknowledged.length && performance.now() < lateMs)
        await new Promise((again) => setTimeout(again, 20));
      if (new Set(got).size < got.length) problems.push("messages came twice");
      const seen = new Set(got);
      const lost = acknowledged.filter((id) => !seen.has(id));
      if (lost.length > 0) problems.push(`${lost.length} acknowledged messages are lost, such as ${lost[0]}`);
      if (acknowledged.length === 0) problems.push("nothing was acknowledged");
      if (refused.length > 0)
        problems.push(`${refused.length} were not acknowledged, the first one with ${refused[0]}`);
      const found = [...problems];
      await Promise.all([reader.close(), writer.close()]);
      return found;
    },
  };
}
