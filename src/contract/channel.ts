import type { Asked, RoomOperation } from "./operations.js";

/**
 * Whom an event reaches, as Socket.IO's rooms: those in a room that is relayed to, those who get a durable room's messages, those
 * who watch its presence, and what an application makes of its own. The prefix keeps clients from naming the private room of a socket.
 */
export type Channel = `room:${string}` | `log:${string}` | `presence:${string}` | `app:${string}`;

/** Those who have joined the room. */
export function relayChannel(room: string): Channel {
  return `room:${room}`;
}

/** Those who get the durable room's messages. */
export function logChannel(room: string): Channel {
  return `log:${room}`;
}

/** Those who watch who is in the durable room. */
export function presenceChannel(room: string): Channel {
  return `presence:${room}`;
}

/** What each kind of channel shows, by its prefix: the right by which one is in it, unless an event asks for another one. */
const SHOWN: readonly (readonly [prefix: string, operation: RoomOperation])[] = [
  [relayChannel(""), "join"],
  [logChannel(""), "subscribe"],
  [presenceChannel(""), "watch"],
];

/** What is asked of whoever is in the channel, as far as its name tells; undefined for those of applications. */
export function usuallyAsked(channel: string): Asked | undefined {
  for (const [prefix, operation] of SHOWN) {
    if (channel.startsWith(prefix)) return { operation, room: channel.slice(prefix.length) };
  }
  return undefined;
}

/** The channels of a room, whatever it shows. */
export function channelsOf(room: string): readonly Channel[] {
  return [relayChannel(room), logChannel(room), presenceChannel(room)];
}
