import type { Command } from "ioredis";
import type { RedisClient } from "./redis-clients.js";
import { type Refusals, refusalIn } from "./redis-refusals.js";

/** The one method through which every command of a client goes. */
interface CommandSender {
  sendCommand(command: Command, ...rest: unknown[]): unknown;
}

type Channel = string | Buffer;
type Subscribing = "subscribe" | "psubscribe" | "ssubscribe";
type Publishing = "publish" | "spublish";

/** Watches what becomes of a client's publishing and subscribing. */
export interface ChannelWatch {
  /**
   * Asks again for subscriptions that failed, and whether publishing is allowed: Redis tells nobody when rights are given or
   * taken, and there may be nothing to publish for long.
   */
  retry(): void;
  /** False while one that is wanted has failed, or publishing is refused. */
  isComplete(): boolean;
}

/** How a client is asked whether it may publish: at a channel at which nobody listens, to be had with the same right as the others. */
export interface Probe {
  readonly name: Publishing;
  readonly channel: string;
}

/**
 * The adapters publish and subscribe without looking at the promise they get, so that each failure while Redis is
 * away would be an unhandled rejection, which ends the process. Failing is fine: a broadcast is at-most-once. Refusals
 * are noted, and subscriptions that failed are kept for `retry`: the client itself renews only those that it had.
 */
export function watchChannels(client: RedisClient, refusals: Refusals, probe?: Probe): ChannelWatch {
  const failed: Readonly<Record<Subscribing, Map<string, Channel>>> = {
    subscribe: new Map(),
    psubscribe: new Map(),
    ssubscribe: new Map(),
  };
  const refusedPublishing = new Set<Publishing>();

  function settled(name: string, channels: readonly Channel[], granted: boolean, refusal?: string): void {
    if (/publish$/.test(name)) {
      if (granted) {
        refusedPublishing.delete(name as Publishing);
        refusals.clear(name);
      } else if (refusal !== undefined && !refusedPublishing.has(name as Publishing)) {
        // Only the first: some replies quote what was to be published.
        refusedPublishing.add(name as Publishing);
        refusals.add(name, refusal);
      }
      return;
    }
    const wanted = failed[name.replace("unsubscribe", "subscribe") as Subscribing];
    for (const channel of channels) {
      if (granted || name.includes("unsubscribe")) wanted.delete(String(channel));
      else wanted.set(String(channel), channel);
    }
    const what = name.replace("unsubscribe", "subscribe");
    if (wanted.size === 0) refusals.clear(what);
    else if (refusal !== undefined) refusals.add(what, refusal);
  }

  const sender: CommandSender = client;
  const send = sender.sendCommand.bind(client);
  sender.sendCommand = (command, ...rest) => {
    const reply = send(command, ...rest);
    const name = command.name.toLowerCase();
    if (/^s?publish$|^[ps]?(un)?subscribe$/.test(name)) {
      const channels = command.args as Channel[];
      Promise.resolve(reply).then(
        () => settled(name, channels, true),
        (error: unknown) => settled(name, channels, false, refusalIn(error)),
      );
    }
    return reply;
  };

  const subscribers: Record<Subscribing, (...channels: Channel[]) => Promise<unknown>> = {
    subscribe: (...channels) => client.subscribe(...channels),
    psubscribe: (...patterns) => client.psubscribe(...patterns.map(String)),
    ssubscribe: (...channels) => client.ssubscribe(...channels),
  };

  return {
    retry() {
      for (const [name, channels] of Object.entries(failed) as [Subscribing, Map<string, Channel>][]) {
        if (channels.size > 0) subscribers[name](...channels.values()).catch(() => {}); // noted above
      }
      if (probe !== undefined) client[probe.name](probe.channel, "").catch(() => {});
    },
    isComplete: () =>
      refusedPublishing.size === 0 && Object.values(failed).every((channels) => channels.size === 0),
  };
}
