/**
 * Names of rooms: they stand in URLs and in keys, so "/" is not among the characters, and "." and ".." are none: clients
 * take them out of a URL.
 */
export const ROOM_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$/;

/** Identities of senders, and ids of messages. */
export const SENDER_ID = /^[A-Za-z0-9_.:@-]{1,64}$/;
export const MESSAGE_ID = SENDER_ID;
