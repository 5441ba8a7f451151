import type { Clock } from "./clock.js";
import { RoomUnavailable } from "./errors.js";
import type { RoomLimits } from "./limits.js";
import type { OpenRoom, RoomView } from "./open-room.js";

export interface OpenRoomsDeps {
  readonly clock: Clock;
  /** Sockets of this worker that get the live events of the room. */
  readonly members: (room: string) => number;
  readonly readView: (room: string) => Promise<RoomView>;
  /** Called once a room has its first view. */
  readonly opened: (room: OpenRoom) => void;
}

/** The rooms that this worker follows: those with local members, those in use, and for a while those that had them. */
export interface OpenRooms {
  get(name: string): OpenRoom | undefined;
  all(): OpenRoom[];
  /**
   * Runs the task with the room open, and not closed before it ends.
   * @throws {RoomUnavailable} `overloaded` when too many rooms are open; what the store throws.
   */
  use<T>(name: string, task: (room: OpenRoom) => Promise<T>): Promise<T>;
  /** Closes rooms that had neither members nor users for `lingerMs`. */
  closeIdle(): void;
  closeAll(): void;
}

export function createOpenRooms(
  deps: OpenRoomsDeps,
  limits: Pick<RoomLimits, "lingerMs" | "openRooms">,
): OpenRooms {
  const { clock, members, readView, opened } = deps;
  const rooms = new Map<string, OpenRoom>();

  function close(room: OpenRoom): void {
    room.closed = true;
    room.cancelTimer?.();
    room.cancelTimer = undefined;
    room.view?.ring.clear();
    room.early = [];
    if (rooms.get(room.name) === room) rooms.delete(room.name);
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

  function open(name: string): OpenRoom {
    if (rooms.size >= limits.openRooms) {
      const spare = [...rooms.values()].find(isUnused);
      if (spare === undefined) throw new RoomUnavailable("overloaded");
      close(spare);
    }
    const room = blankRoom(name);
    // From here on the bus is heard, so nothing falls between this line and the read.
    rooms.set(name, room);
    room.ready = read(room);
    return room;
  }

  return {
    get: (name) => rooms.get(name),
    all: () => [...rooms.values()],
    async use(name, task) {
      const room = rooms.get(name) ?? open(name);
      room.users += 1;
      room.idleSinceMs = undefined;
      try {
        await room.ready;
        return await task(room);
      } finally {
        room.users -= 1;
      }
    },
    closeIdle() {
      for (const room of rooms.values()) {
        if (!isUnused(room)) room.idleSinceMs = undefined;
        else if (room.idleSinceMs === undefined) room.idleSinceMs = clock.now();
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
