import type { RoomLimits } from "../limits.js";
import { RoomUnavailable } from "../ports.js";
import type { ReadView } from "./read-view.js";
import { Room, type RoomDeps } from "./room.js";

export interface OpenRoomsDeps extends RoomDeps {
  /** Sockets of this worker that get the live events of the room. */
  readonly members: (room: string) => number;
  /** `readView` for who only looks: there is no time to watch a hole, so those that were there for long are closed. */
  readonly readDecided: ReadView;
}

/** The rooms that this worker follows: those with local members, those in use, and for a while those that had them. */
export interface OpenRooms {
  get(name: string): Room | undefined;
  all(): Room[];
  readonly size: number;
  /**
   * Runs the task with the room open, and not closed before it ends. A client, `opener`, may open a further room as long as
   * those it has opened are fewer than there is place for: alone it gets half of all, and 100 clients leave 1 % free.
   * @throws {RoomUnavailable} `overloaded` when too many rooms are open; what the store throws.
   */
  use<T>(name: string, opener: string | undefined, task: (room: Room) => Promise<T>): Promise<T>;
  /** Runs the task with the room as it is, without opening it when it is not open: it takes nobody's place. */
  look<T>(name: string, task: (room: Room) => Promise<T>): Promise<T>;
  /** Closes rooms that had neither members nor users for `lingerMs`. */
  closeIdle(): void;
  closeAll(): void;
}

/** What one open room takes up. */
interface Place {
  readonly room: Room;
  /** The client to whose share the room counts. */
  readonly opener: string | undefined;
  /** Calls at work with the room; it is not closed under them. */
  users: number;
  idleSinceMs: number | undefined;
}

/** Rooms looked at for one without members when none is known to be idle: a refusal must be cheap. */
const LOOKS = 64;

export function createOpenRooms(deps: OpenRoomsDeps, limits: RoomLimits): OpenRooms {
  const { clock, members, readView, readDecided } = deps;
  const places = new Map<string, Place>();
  /** Those that were seen unused. A socket joins only within `use`, so they are unused until the next one. */
  const idle = new Set<Place>();
  const shares = new Map<string, number>();
  let round = places.values();

  function close(place: Place): void {
    place.room.close();
    idle.delete(place);
    if (places.get(place.room.name) !== place) return;
    places.delete(place.room.name);
    charge(place.opener, -1);
  }

  function charge(opener: string | undefined, rooms: 1 | -1): void {
    if (opener === undefined) return;
    const held = (shares.get(opener) ?? 0) + rooms;
    if (held > 0) shares.set(opener, held);
    else shares.delete(opener);
  }

  /** Both are looked at in one tick with the closing, and a socket joins only within `use`: none can be left behind. */
  function isUnused({ room, users }: Place): boolean {
    return users === 0 && members(room.name) === 0;
  }

  /** An unused place; without a known one some are looked at, in turn. */
  function findSpare(): Place | undefined {
    for (const place of idle) return place;
    for (let looks = Math.min(LOOKS, places.size); looks > 0; looks -= 1) {
      let next = round.next();
      if (next.done === true) {
        round = places.values();
        next = round.next();
      }
      if (next.done !== true && isUnused(next.value)) return next.value;
    }
    return undefined;
  }

  function open(name: string, opener: string | undefined): Place {
    const held = opener === undefined ? 0 : (shares.get(opener) ?? 0);
    const free = limits.openRooms - places.size + idle.size;
    if (held > 0 && held >= free) throw new RoomUnavailable("overloaded");
    if (places.size >= limits.openRooms) {
      const spare = findSpare();
      if (spare === undefined) throw new RoomUnavailable("overloaded");
      close(spare);
    }
    charge(opener, 1);
    // In one tick with the begin of the read, so that the bus is heard from there on.
    const room = new Room(name, readView(name), deps, limits);
    const place = { room, opener, users: 0, idleSinceMs: undefined };
    places.set(name, place);
    room.ready.catch(() => close(place));
    return place;
  }

  async function use<T>(
    name: string,
    opener: string | undefined,
    task: (room: Room) => Promise<T>,
  ): Promise<T> {
    const place = places.get(name) ?? open(name, opener);
    const { room } = place;
    place.users += 1;
    place.idleSinceMs = undefined;
    idle.delete(place);
    try {
      await room.ready;
      return await task(room);
    } finally {
      place.users -= 1;
      if (places.get(name) === place && isUnused(place)) idle.add(place);
    }
  }

  return {
    get: (name) => places.get(name)?.room,
    all: () => Array.from(places.values(), ({ room }) => room),
    get size() {
      return places.size;
    },
    use,
    async look(name, task) {
      if (places.has(name)) return use(name, undefined, task);
      const room = new Room(name, await readDecided(name), deps, limits);
      try {
        return await task(room);
      } finally {
        room.close();
      }
    },
    closeIdle() {
      for (const place of places.values()) {
        if (!isUnused(place)) {
          place.idleSinceMs = undefined;
          continue;
        }
        idle.add(place);
        if (place.idleSinceMs === undefined) place.idleSinceMs = clock.now();
        else if (clock.now() - place.idleSinceMs >= limits.lingerMs) close(place);
      }
    },
    closeAll() {
      for (const place of places.values()) close(place);
    },
  };
}
