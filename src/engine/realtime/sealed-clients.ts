import type { Logger } from "../process/logger.js";
import type { Redis } from "../stores/redis.js";
import type { BusSeal } from "./bus-seal.js";

type Client = Redis["publisher"];
type Listener = (...args: unknown[]) => unknown;

/** The publishing client as the adapters see it: what they send carries the code of this database. */
export function sealedPublisher(publisher: Client, seal: Pick<BusSeal, "close">): Client {
  const publish = (channel: string, message: string | Buffer) =>
    publisher.publish(channel, seal.close(channel, message));
  const spublish = (channel: string, message: string | Buffer) =>
    publisher.spublish(channel, seal.close(channel, message));
  return overlaid(publisher, { publish, spublish });
}

/**
 * The subscribing client as the adapters see it. They get only what workers of this database have sent. On their channels
 * they expect nothing else; the rest makes them throw out of the client's event, or reject where nobody looks, which would
 * end the process.
 */
export function sealedSubscriber(subscriber: Client, seal: Pick<BusSeal, "open">, log: Logger): Client {
  const guards = new Map<Listener, Listener>();

  function guard(listener: Listener): Listener {
    // The channel and the message come last, behind the pattern if there is one; a cluster's client adds `undefined`.
    const guarded: Listener = async (...told) => {
      const args = told.filter((arg) => arg !== undefined);
      try {
        const message = seal.open(String(args.at(-2)), args.at(-1) as Buffer);
        if (message !== undefined) await listener(...args.slice(0, -1), message);
      } catch (error) {
        log.warn({ err: error }, "unreadable message from redis ignored");
      }
    };
    guards.set(listener, guarded);
    return guarded;
  }

  const isMessage = (event: string): boolean => event.endsWith("essageBuffer");
  const on = (event: string, listener: Listener): unknown =>
    subscriber.on(event, isMessage(event) ? guard(listener) : listener);
  const off = (event: string, listener: Listener): unknown =>
    subscriber.off(event, guards.get(listener) ?? listener);
  return overlaid(subscriber, { on, off });
}

/** The client with some of its methods replaced; all else happens to the client itself. */
function overlaid(client: Client, methods: Readonly<Record<string, unknown>>): Client {
  return new Proxy(client, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" && name !== "constructor" ? value.bind(target) : value;
    },
  });
}
