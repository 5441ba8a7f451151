import { type Command, USUAL_EXITS } from "./command.js";

export const TOKEN: Command = {
  name: "token",
  summary: "Makes a token for trying things out, signed with AUTH_SECRET.",
  operands: [],
  options: {
    user: { type: "string", value: "USER", desc: "whom it speaks for; required" },
    caps: {
      type: "string",
      value: "JSON",
      desc: `what it grants, as patterns of rooms with operations, such as '{"chat:*":["read","publish"]}'; default: what AUTH_DEFAULT_CAPS says`,
    },
    ttl: { type: "string", value: "TIME", desc: "its life: 90s, 15m, 1h or 7d; default 1h" },
    count: {
      type: "string",
      value: "N",
      desc: "as many tokens, one a line, at most 1000000; {n} in USER is the number of the token, from 1",
    },
  },
  notes: [
    "The secret is that of `AUTH_SECRET`, or the first one of `AUTH_SECRET_FILE`; `AUTH_ISSUER`, `AUTH_AUDIENCE`, `AUTH_USER_CLAIM` and `AUTH_MAX_TTL_SECONDS` are kept. With a key set or a public key only your identity provider can sign. See [authentication](authentication.md).",
  ],
  examples: [
    { line: "shoal token --user ann", desc: "a token of ann for an hour" },
    {
      line: `SHOAL_TOKEN=$(shoal token --user ann --caps '{"*":["read"]}' --ttl 5m) shoal tail kitchen`,
      desc: "reads a room as ann",
    },
    {
      line: "shoal token --user 'user-{n}' --count 1000 > tokens.txt",
      desc: "a thousand users, for `npm run loadtest -- --tokens tokens.txt`",
    },
  ],
  exits: USUAL_EXITS,
  load: async () => (await import("./token.js")).runToken,
};

export const KEY: Command = {
  name: "key",
  summary: "Makes a key of the server API, with its entry for API_KEYS or API_KEYS_FILE.",
  operands: [],
  options: {
    kid: {
      type: "string",
      value: "NAME",
      desc: "its name in logs: 1 to 64 letters, digits or any of _ -; default: one by chance",
    },
    caps: {
      type: "string",
      value: "JSON",
      desc: `what it may do, as patterns of rooms with operations; default {"*":["publish"]}`,
    },
  },
  notes: [
    "The key is shown this once, on standard error, and stored nowhere. Standard output is a list with its entry, which has a hash of it: as a new file it is complete, and in a list that there is belongs what is between its brackets. For another secret of a key that there is, give its name, and copy nothing but the new hash, into the `sha256` of its entry beside the old one. See [the server API](server-api.md#rotate-a-key-without-a-restart).",
  ],
  examples: [
    { line: `shoal key --kid cron --caps '{"news:*":["publish"]}'`, desc: "for a job that publishes news" },
    {
      line: `shoal key --kid ci > api-keys.json`,
      desc: "a file for API_KEYS_FILE, with the key on the terminal",
    },
    { line: `shoal key --kid ops --caps '{"*":["*"]}'`, desc: "for operators: everything" },
  ],
  exits: USUAL_EXITS,
  load: async () => (await import("./key.js")).runKey,
};
