import { Redis } from "ioredis";
import { onTestEnd } from "./cleanup.js";

/** A message on Redis as it went over the wire. */
export interface Overheard {
  readonly channel: string;
  readonly message: Buffer;
}

/** Somebody with the password of Redis: hears everything that workers say in the main channel, and says what he likes. */
export interface Eavesdropper {
  readonly heard: readonly Overheard[];
  /** The first message that holds the text. @throws when there is none. */
  find(text: string): Overheard;
  say(channel: string, message: Buffer | string): Promise<void>;
}

/** The channel of broadcasts and events to all workers. */
export const MAIN_CHANNEL = "shoal#/#";

export async function eavesdrop(url: string, mode: "pubsub" | "sharded"): Promise<Eavesdropper> {
  const [ear, mouth] = [new Redis(url), new Redis(url)];
  onTestEnd(async () => [ear, mouth].forEach((client) => void client.disconnect()));
  const heard: Overheard[] = [];
  const note = (channel: Buffer, message: Buffer) => heard.push({ channel: String(channel), message });
  ear.on("pmessageBuffer", (_pattern, channel, message) => note(channel, message));
  ear.on("smessageBuffer", note);
  if (mode === "pubsub") await ear.psubscribe("*");
  else await ear.ssubscribe(MAIN_CHANNEL);
  return {
    heard,
    find(text) {
      const found = heard.find(({ message }) => message.includes(text));
      if (found === undefined) throw new Error(`nobody said "${text}"`);
      return found;
    },
    async say(channel, message) {
      await (mode === "pubsub" ? mouth.publish(channel, message) : mouth.spublish(channel, message));
    },
  };
}
