import { SENDER_ID } from "../contract/room-names.js";
import { AppError } from "../errors.js";
import type { IoSocket } from "./io.js";

/**
 * Says who a connection speaks for, before it is accepted. Without authentication it is the id that the client holds and
 * sends in its handshake (`auth: {user}`); a client without one is known by its session only. An application
 * that has tokens verifies them here and takes the subject.
 */
export function authenticate(socket: IoSocket, next: (error?: Error) => void): void {
  const user: unknown = socket.handshake.auth.user ?? socket.id;
  if (typeof user === "string" && SENDER_ID.test(user)) {
    socket.data.user = user;
    next();
    return;
  }
  const refusal = new AppError("invalid", "auth.user: must be 1 to 64 letters, digits or any of _ . : @ -");
  next(Object.assign(new Error(refusal.message), { data: refusal.body }));
}
