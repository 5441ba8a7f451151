import { logChannel } from "../../contract/channel.js";
import type { Presence } from "../presence/presence.js";
import type { Component } from "../process/lifecycle.js";
import type { Io } from "./io.js";

const KEY_PREFIX = logChannel("");

/**
 * Makes whoever gets a durable room's events present in it, by whatever way it comes and goes. Starts after the server
 * has got its adapter; stops before connections are closed, so that a shutdown does not look as if all had left.
 */
export function createPresenceLink(io: Io, presence: Pick<Presence, "enter" | "exit" | "freeze">): Component {
  let stop = (): void => {};

  function onJoin(key: string, id: string): void {
    const user = io.sockets.sockets.get(id)?.data.passport.user;
    if (key.startsWith(KEY_PREFIX) && user !== undefined)
      presence.enter(key.slice(KEY_PREFIX.length), id, user);
  }

  function onLeave(key: string, id: string): void {
    if (key.startsWith(KEY_PREFIX)) presence.exit(key.slice(KEY_PREFIX.length), id);
  }

  return {
    name: "presence link",
    async start() {
      const { adapter } = io.sockets;
      adapter.on("join-room", onJoin);
      adapter.on("leave-room", onLeave);
      stop = () => {
        adapter.off("join-room", onJoin);
        adapter.off("leave-room", onLeave);
      };
    },
    async stop() {
      presence.freeze();
      stop();
    },
  };
}
