import { type Command, USUAL_EXITS } from "./command.js";
import { JSON_OPTION, SERVER_OPTIONS, USER_OPTION } from "./options.js";

const ROOM = { name: "ROOM", desc: "name of a durable room" } as const;

export const TAIL: Command = {
  name: "tail",
  summary: "Prints the newest messages of a durable room, and from then on each as it comes.",
  operands: [ROOM],
  options: {
    from: {
      type: "string",
      value: "SEQ",
      desc: "begins with this number; 1 is the first message that the room still has",
    },
    last: { type: "string", value: "COUNT", desc: "begins with so many messages, 0 to 1000; default 10" },
    "no-follow": { type: "boolean", desc: "ends where the room ends" },
    json: { type: "boolean", desc: "prints each message as a line of JSON" },
    ...SERVER_OPTIONS,
    ...USER_OPTION,
  },
  notes: [
    "It reads page by page, twice a second while nothing new comes, and goes on where it was when the server was away. A key needs `page` in the room. Ctrl-C ends it.",
  ],
  examples: [
    { line: "shoal tail kitchen", desc: "follows a room" },
    {
      line: "shoal tail orders --from 1 --no-follow --json | jq -r .body.total",
      desc: "takes something out of all messages",
    },
  ],
  exits: USUAL_EXITS,
  load: async () => (await import("./tail.js")).runTail,
};

export const ROOMS: Command = {
  name: "rooms",
  summary: "Lists durable rooms by name, with their highest number and the highest that is gone.",
  operands: [],
  options: {
    prefix: { type: "string", value: "TEXT", desc: "only rooms whose names begin so" },
    json: { type: "boolean", desc: "prints each room as a line of JSON" },
    ...SERVER_OPTIONS,
  },
  notes: ["The key needs `rooms`."],
  examples: [{ line: "shoal rooms --prefix chat:", desc: "the rooms of the chat" }],
  exits: USUAL_EXITS,
  load: async () => (await import("./rooms.js")).runRooms,
};

export const PUBLISH: Command = {
  name: "publish",
  summary: "Stores a message in a durable room, and prints its number once it is committed.",
  operands: [ROOM, { name: "BODY", desc: "the message, a text; - reads it from standard input" }],
  options: {
    from: { type: "string", value: "USER", desc: "whom it is from, with a key; default shoal" },
    id: {
      type: "string",
      value: "ID",
      desc: "makes a repetition harmless: the same id is stored once; default: one by chance",
    },
    json: { type: "boolean", desc: "BODY is JSON, and so is what is printed" },
    ...SERVER_OPTIONS,
    ...USER_OPTION,
  },
  notes: ["A key needs `publish` in the room. What fails for a while is tried again, with the same id."],
  examples: [
    { line: "shoal publish kitchen 'dinner is ready'", desc: "a text" },
    { line: "jq -c . order.json | shoal publish orders - --json --id order-7", desc: "JSON, once" },
  ],
  exits: USUAL_EXITS,
  load: async () => (await import("./publish.js")).runPublish,
};

export const KICK: Command = {
  name: "kick",
  summary: "Ends all connections of a user, on all instances.",
  operands: [{ name: "USER", desc: "whose" }],
  options: {
    "stay-away": {
      type: "boolean",
      desc: "stock clients do not come back by themselves; without it they do, at once",
    },
    ...JSON_OPTION,
    ...SERVER_OPTIONS,
  },
  notes: [
    "The key needs `users`. Whoever has a token can connect again: to keep a user out, end his session at your identity provider, and then [revoke his tokens](security.md#revoking-tokens).",
  ],
  examples: [{ line: "shoal kick ann --stay-away", desc: "ends ann's connections" }],
  exits: USUAL_EXITS,
  load: async () => (await import("./kick.js")).runKick,
};

export const REVOKE: Command = {
  name: "revoke",
  summary: "Makes the tokens of a user, or one token, void, and closes their connections on all instances.",
  operands: [
    { name: "TARGET", desc: "a user, `user:` with a user's name, or `token:` with the `jti` of a token" },
  ],
  options: { ...JSON_OPTION, ...SERVER_OPTIONS },
  notes: [
    "The key needs `revoke`. End the user's session at your identity provider first: whoever still has one gets a new token, and is back at once. See [revoking tokens](security.md#revoking-tokens).",
  ],
  examples: [
    { line: "shoal revoke ann", desc: "all tokens that ann has so far" },
    { line: "shoal revoke token:4f1c", desc: "one token" },
  ],
  exits: USUAL_EXITS,
  load: async () => (await import("./revoke.js")).runRevoke,
};
