import { AppError } from "../../contract/errors.js";

const REASONS = {
  overloaded: "Too much is waiting here already; try again shortly",
  timeout:
    "The message could not be stored in time; it may or may not be stored, so send it again with the same id",
  replaced:
    "The room's log was replaced meanwhile; the message may or may not be in the new one, so send it again with the same id",
  unreadable: "This part of the room cannot be read right now; try again shortly",
  stopping: "This process is shutting down; connect again",
} as const;

/** Why a room could not serve right now. */
export type UnavailableReason = keyof typeof REASONS;

/** Clients get it as `temporary`: the same request, with the same ids, may be sent again. `reason` is for metrics. */
export class RoomUnavailable extends AppError {
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason) {
    super("temporary", REASONS[reason]);
    this.reason = reason;
  }
}
