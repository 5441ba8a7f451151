import type { RightsScope } from "../../../contract/access.js";
import { channelsOf } from "../../../contract/channel.js";
import type { Io, IoSocket } from "../io.js";
import type { Admittance } from "./admittance.js";
import type { Holdings } from "./rechecks.js";

/** Finds what this worker's connections have: of a room by its channels, otherwise by looking at each connection. */
export function createHoldings(io: Io, admittance: Pick<Admittance, "held" | "unusual">): Holdings {
  function inRoom(room: string): Iterable<IoSocket> {
    const { sockets, adapter } = io.sockets;
    const found = new Set<IoSocket>(admittance.unusual());
    for (const channel of channelsOf(room)) {
      for (const id of adapter.rooms.get(channel) ?? []) {
        const socket = sockets.get(id);
        if (socket !== undefined) found.add(socket);
      }
    }
    return found;
  }

  return {
    *of({ room, user }: RightsScope) {
      for (const socket of room === undefined ? io.sockets.sockets.values() : inRoom(room)) {
        if (user === undefined || socket.data.passport.user === user) yield* admittance.held(socket, room);
      }
    },
    ofConnection: admittance.held,
  };
}
