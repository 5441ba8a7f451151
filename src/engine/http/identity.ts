import type { Request } from "express";
import { AppError } from "../../contract/errors.js";
import { SENDER_ID } from "../../contract/room-names.js";

/**
 * Who a request speaks for. Without authentication it is the id that the client holds and sends as X-User-Id, the same
 * as `auth.user` of its Socket.IO handshake. An application that has tokens verifies them here and returns the subject.
 * @throws {AppError} `invalid` when it is missing or malformed.
 */
export function userOf(request: Request): string {
  const user = request.get("x-user-id");
  if (user !== undefined && SENDER_ID.test(user)) return user;
  throw new AppError("invalid", "X-User-Id: must be 1 to 64 letters, digits or any of _ . : @ -");
}
