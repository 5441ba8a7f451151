import type { RoomLimits } from "../limits.js";
import { type Clock, RoomUnavailable } from "../ports.js";
import type { OpenRoom, RoomView } from "./room.js";

export interface OpenRoomsDeps {
  readonly clock: Clock;
  /** Sockets of this worker that get the live events of the room. */
  readonly members: (room: string) => number;
  readonly readView: (room: string) => Promise<RoomView>;
  /** The same for who only looks: there is no time to watch a hole, so those that were there for long are closed. */
  readonly readDecided: (room: string) => Promise<RoomView>;
  /** Called once a room has its first view. */
  readonly opened: (room: OpenRoom) => void;
}

/** The rooms that this worker follows: those with local members, those in use, and for a while those that had them. */
export interface OpenRooms {
  get(name: string): OpenRoom | undefined;
  all(): OpenRoom[];
  /**
   * Runs the task with the room open, and not closed before it ends. A client, `opener`, may open a further room as long as
   * those it has opened are fewer than there is place for: alone it gets half of all, and 100 clients leave 1 % free.
   * @throws {RoomUnavailable} `overloaded` when too many rooms are open; what the store throws.
   */
  use<T>(name: string, opener: string | undefined, task: (room: OpenRoom) => Promise<T>): Promise<T>;
  /** Runs the task with the room as it is, without opening it when it is not open: it takes nobody's place. */
  look<T>(name: string, task: (room: OpenRoom) => Promise<T>): Promise<T>;
  /** Closes rooms that had neither members nor users for `lingerMs`. */
  closeIdle(): void;
  closeAll(): void;
}

/** Rooms looked at for one without members when none is known to be idle: a refusal must be cheap. */
const LOOKS = 64;

export function createOpenRooms(
  deps: OpenRoomsDeps,
  limits: Pick<RoomLimits, "lingerMs" | "openRooms">,
): OpenRooms {
  const { clock, members, readView, readDecided, opened } = deps;
  const rooms = new Map<string, OpenRoom>();
  /** Rooms that were seen unused. A socket joins only within `use`, so they are unused until the next one. */
  const idle = new Set<OpenRoom>();
  const openers = new Map<OpenRoom, string>();
  const shares = new Map<string, number>();
  let round = rooms.values();

  function close(room: OpenRoom): void {
    room.closed = true;
    room.cancelTimer?.();
    room.cancelTimer = undefined;
    room.view?.ring.clear();
    room.early = [];
    if (rooms.get(room.name) === room) rooms.delete(room.name);
    idle.delete(room);
    charge(room, openers.get(room), -1);
    openers.delete(room);
  }

  function charge(room: OpenRoom, opener: string | undefined, rooms: 1 | -1): void {
    if (opener === undefined) return;
    openers.set(room, opener);
    const held = (shares.get(opener) ?? 0) + rooms;
    if (held > 0) shares.set(opener, held);
    else shares.delete(opener);
  }

  /** Both are looked at in one tick with the closing, and a socket joins only within `use`: none can be left behind. */
  function isUnused(room: OpenRoom): boolean {
    return room.users === 0 && members(room.name) === 0;
  }

  async function read(room: OpenRoom): Promise<RoomView> {
    try {
      const view = await readView(room.name);
      room.view = view;
      opened(room);
      return view;
    } catch (error) {
      close(room);
      throw error;
    }
  }

  /** An unused room; without a known one some are looked at, in turn. */
  function findSpare(): OpenRoom | undefined {
    for (const room of idle) return room;
    for (let looks = Math.min(LOOKS, rooms.size); looks > 0; looks -= 1) {
      let next = round.next();
      if (next.done === true) {
        round = rooms.values();
        next = round.next();
      }
      if (next.done !== true && isUnused(next.value)) return next.value;
    }
    return undefined;
  }

  function open(name: string, opener: string | undefined): OpenRoom {
    const held = opener === undefined ? 0 : (shares.get(opener) ?? 0);
    const free = limits.openRooms - rooms.size + idle.size;
    if (held > 0 && held >= free) throw new RoomUnavailable("overloaded");
    if (rooms.size >= limits.openRooms) {
      const spare = findSpare();
      if (spare === undefined) throw new RoomUnavailable("overloaded");
      close(spare);
    }
    const room = blankRoom(name);
    charge(room, opener, 1);
    // From here on the bus is heard, so nothing falls between this line and the read.
    rooms.set(name, room);
    room.ready = read(room);
    return room;
  }

  async function use<T>(
    name: string,
    opener: string | undefined,
    task: (room: OpenRoom) => Promise<T>,
  ): Promise<T> {
    const room = rooms.get(name) ?? open(name, opener);
    room.users += 1;
    room.idleSinceMs = undefined;
    idle.delete(room);
    try {
      await room.ready;
      return await task(room);
    } finally {
      room.users -= 1;
      if (!room.closed && isUnused(room)) idle.add(room);
    }
  }

  return {
    get: (name) => rooms.get(name),
    all: () => [...rooms.values()],
    use,
    async look(name, task) {
      if (rooms.has(name)) return use(name, undefined, task);
      const room = blankRoom(name);
      try {
        room.view = await readDecided(name);
        room.ready = Promise.resolve(room.view);
        return await task(room);
      } finally {
        close(room);
      }
    },
    closeIdle() {
      for (const room of rooms.values()) {
        if (!isUnused(room)) {
          room.idleSinceMs = undefined;
          continue;
        }
        idle.add(room);
        if (room.idleSinceMs === undefined) room.idleSinceMs = clock.now();
        else if (clock.now() - room.idleSinceMs >= limits.lingerMs) close(room);
      }
    },
    closeAll() {
      for (const room of rooms.values()) close(room);
    },
  };
}

function blankRoom(name: string): OpenRoom {
  return {
    name,
    view: undefined,
    ready: new Promise(() => {}),
    early: [],
    users: 0,
    idleSinceMs: undefined,
    closed: false,
    gap: undefined,
    polls: 0,
    cancelTimer: undefined,
    pulling: undefined,
    tail: undefined,
  };
}
