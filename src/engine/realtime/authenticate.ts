import { z } from "zod";
import { boundedJson } from "../../contract/bounded-json.js";
import { AppError } from "../../contract/errors.js";
import { SENDER_ID } from "../../contract/room-names.js";
import { parse } from "../../contract/validation.js";
import type { IoSocket } from "./io.js";

type Authenticate = (socket: IoSocket, next: (error?: Error) => void) => void;

/**
 * Says who a connection speaks for, before it is accepted. Without authentication it is the id that the client holds and
 * sends in its handshake (`auth: {user}`); a client without one is known by its session only. An application
 * that has tokens verifies them here and takes the subject. `auth` is refused when it is larger than `authBytes` as JSON, and let
 * go afterwards: a connection would keep it for life.
 */
export function createAuthenticate(authBytes: number): Authenticate {
  const handshake = z.object({ auth: boundedJson(authBytes) });

  function userOf(socket: IoSocket): string {
    parse(handshake, socket.handshake);
    const user: unknown = socket.handshake.auth.user ?? socket.id;
    if (typeof user === "string" && SENDER_ID.test(user)) return user;
    throw new AppError("invalid", "auth.user: must be 1 to 64 letters, digits or any of _ . : @ -");
  }

  return (socket, next) => {
    try {
      socket.data.user = userOf(socket);
      next();
    } catch (error) {
      const refusal = error instanceof AppError ? error : new AppError("internal");
      next(Object.assign(new Error(refusal.message), { data: refusal.body }));
    } finally {
      socket.handshake.auth = {};
    }
  };
}
