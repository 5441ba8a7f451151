import type { Passport } from "../../../contract/passport.js";
import type { Component } from "../../process/lifecycle.js";
import type { Clock } from "../../rooms/ports.js";
import type { Revocations } from "../../trust/revocation/revocations.js";
import type { Io, IoSocket } from "../io.js";
import type { Endings } from "./endings.js";

/** What the sweep needs. */
interface RevokedConnectionsParts {
  readonly io: Io;
  readonly endings: Pick<Endings, "end" | "isEnding">;
  readonly revocations: Pick<Revocations, "verdictOf" | "onLook">;
  readonly clock: Pick<Clock, "now" | "date" | "later">;
  /** Time to renew where there is one, in milliseconds. */
  readonly renewMs: number;
  /** Told about each connection that was closed. */
  readonly closed: () => void;
}

/**
 * Ends connections whose token was revoked: looks at all of this worker after each look at the revocations, and at each that comes, which
 * may have been let in just before. Those that may renew are told at once, and ended when they have not done so in time.
 */
export function createRevokedConnections(parts: RevokedConnectionsParts): Component {
  const { io, endings, revocations, clock, renewMs, closed } = parts;
  /** When its time to renew is over, on the monotonic clock. By passport: a renewal brings another one. */
  const endsAtMs = new WeakMap<Passport, number>();
  const timers = new Set<() => void>();
  let stopHearing = (): void => {};

  function end(socket: IoSocket): void {
    endings.end(socket, "token_revoked");
    closed();
  }

  function look(socket: IoSocket): void {
    const { passport } = socket.data;
    const verdict = revocations.verdictOf(passport);
    if (verdict === "valid" || endings.isEnding(socket)) return;
    const known = endsAtMs.get(passport);
    if (verdict === "revoked" || (known !== undefined && known <= clock.now())) {
      end(socket);
    } else if (known === undefined) {
      endsAtMs.set(passport, clock.now() + renewMs);
      const endsAt = Math.min(
        clock.date() + renewMs,
        passport.token?.expiresAtMs ?? Number.POSITIVE_INFINITY,
      );
      socket.emit("auth_expiring", { expiresAt: new Date(endsAt).toISOString() });
      lookLater(socket);
    }
  }

  function lookLater(socket: IoSocket): void {
    const cancel = clock.later(renewMs, () => {
      timers.delete(cancel);
      look(socket);
    });
    timers.add(cancel);
  }

  function sweep(): void {
    for (const socket of io.sockets.sockets.values()) look(socket);
  }

  return {
    name: "revoked connections",
    async start() {
      stopHearing = revocations.onLook(sweep);
      io.on("connection", look);
    },
    async stop() {
      stopHearing();
      io.off("connection", look);
      for (const cancel of timers) cancel();
    },
  };
}
