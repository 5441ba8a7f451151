/**
 * Names of rooms: they stand in URLs and in keys, so "/" is not among the characters, and "." and ".." are none: clients
 * take them out of a URL.
 */
export const ROOM_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$/;

/** Users, as identity providers name them: `auth0|…`, addresses of e-mail, UUIDs. They stand in URLs, too. */
export const USER_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:@|+=~-]{1,128}$/;
/** What {@link USER_ID} wants, for people. */
export const USER_ID_FORM = "must be 1 to 128 letters, digits or any of _ . : @ | + = ~ -, and not . or ..";

/** Ids of messages. */
export const MESSAGE_ID = /^[A-Za-z0-9_.:@-]{1,64}$/;
