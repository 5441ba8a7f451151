/** What somebody may want to do in a room. */
export type RoomAction = "publish" | "read";

/**
 * Decides who may do what in a room: resolves when it is allowed, rejects with `AppError("forbidden")` when it is not.
 * Asked before every publish, subscribe and read, over Socket.IO and HTTP alike.
 */
export type RoomAccess = (user: string, room: string, action: RoomAction) => Promise<void>;

/** Everybody may do everything: the rule until an application brings its own. This is the one place for it. */
export const allowAll: RoomAccess = async () => {};
