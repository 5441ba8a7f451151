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
