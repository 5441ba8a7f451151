import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from "react";
import type { Client } from "../kit/client-types.js";
import { createPresenceSource, type PresenceState } from "./presence.js";
import { createRoomSource, type RoomActions, type RoomState } from "./room.js";
import type { Shared } from "./shared.js";
import { createTypingSource } from "./typing.js";

export type { PresenceState } from "./presence.js";
export type { RoomActions, RoomState } from "./room.js";

/** What all components of a client share: one of a kind for each room. */
function createSources(client: Client) {
  const byRoom = <Source>(make: (client: Client, room: string) => Source) => {
    const sources = new Map<string, Source>();
    return (room: string): Source => {
      const source = sources.get(room) ?? make(client, room);
      sources.set(room, source);
      return source;
    };
  };
  return {
    client,
    room: byRoom(createRoomSource),
    presence: byRoom(createPresenceSource),
    typing: byRoom(createTypingSource),
  };
}
type Sources = ReturnType<typeof createSources>;

/** A client has them once, however many providers: a room is opened once. */
const known = new WeakMap<Client, Sources>();

function sourcesOf(client: Client): Sources {
  const sources = known.get(client) ?? createSources(client);
  known.set(client, sources);
  return sources;
}

const Context = createContext<Sources | undefined>(undefined);

/** Gives the components below it a client. It stays the application's: to make, and to close. */
export function ShoalProvider({ client, children }: { client: Client; children?: ReactNode }) {
  return createElement(Context.Provider, { value: sourcesOf(client) }, children);
}

function useSources(): Sources {
  const sources = useContext(Context);
  if (sources === undefined) throw new Error("There is no ShoalProvider above this component");
  return sources;
}

const useShared = <State>({ subscribe, get, getInitial }: Shared<State>): State =>
  useSyncExternalStore(subscribe, get, getInitial);

/** The client of the provider. */
export const useClient = (): Client => useSources().client;

/** A room: its messages, what is not confirmed, and how it is. One subscription, however many components use it. */
export function useRoom(name: string): RoomState & RoomActions {
  const source = useSources().room(name);
  const state = useShared(source);
  return useMemo(() => ({ ...state, ...source.actions }), [state, source]);
}

/** Who is in a room. */
export const usePresence = (room: string): PresenceState => useShared(useSources().presence(room));

/** Who else is typing in a room, and what to call when somebody types here. */
export function useTyping(room: string): { typing: readonly string[]; typed: () => void } {
  const source = useSources().typing(room);
  const typing = useShared(source);
  return useMemo(() => ({ typing, typed: source.typed }), [typing, source]);
}
