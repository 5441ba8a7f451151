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
  /** Commands that are refused, each with the first word of the reason: what follows may quote the channel, or what was to be published. */
  const refused = new Map<string, string>();

  function setRefused(what: string, refusal: string | undefined): void {
    if (refusal === undefined) return;
    const [code = ""] = refusal.split(" ", 1);
    if (refused.get(what) === code) return;
    refused.set(what, code);
    refusals.add(what, refusal);
  }

  function setGranted(what: string): void {
    refused.delete(what);
    refusals.clear(what);
  }

  function settled(name: string, channels: readonly Channel[], granted: boolean, refusal?: string): void {
    if (/publish$/.test(name)) {
      if (granted) setGranted(name);
      else setRefused(name, refusal);
      return;
    }
    const what = name.replace("unsubscribe", "subscribe") as Subscribing;
    const wanted = failed[what];
    for (const channel of channels) {
      if (granted || name.includes("unsubscribe")) wanted.delete(String(channel));
      else wanted.set(String(channel), channel);
    }
    if (wanted.size === 0) setGranted(what);
    else setRefused(what, refusal);
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

  const subscribers: Record<Subscribing, (channel: Channel) => Promise<unknown>> = {
    subscribe: (channel) => client.subscribe(channel),
    psubscribe: (pattern) => client.psubscribe(String(pattern)),
    ssubscribe: (channel) => client.ssubscribe(channel),
  };

  return {
    retry() {
      for (const [name, channels] of Object.entries(failed) as [Subscribing, Map<string, Channel>][]) {
        // One by one: a cluster takes no two sharded channels of different slots at once. What fails is noted above.
        for (const channel of [...channels.values()]) subscribers[name](channel).catch(() => {});
      }
      if (probe !== undefined) client[probe.name](probe.channel, "").catch(() => {});
    },
    isComplete: () =>
      !refused.has("publish") &&
      !refused.has("spublish") &&
      Object.values(failed).every((channels) => channels.size === 0),
  };
}
