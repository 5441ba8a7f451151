import type { Option } from "./command.js";

/** Of each command that calls a server. */
export const SERVER_OPTIONS = {
  url: {
    type: "string",
    value: "URL",
    desc: "where the server is; default: SHOAL_URL, else http://localhost with PORT or 3000",
  },
  "key-file": {
    type: "string",
    value: "FILE",
    desc: "file with the key of the server API; default: the key in SHOAL_KEY. A key is never an argument: every user of the machine sees those",
  },
} as const satisfies Record<string, Option>;

/** Of those that do without a key what users may do. */
export const USER_OPTION = {
  user: {
    type: "string",
    value: "USER",
    desc: "whom it speaks for without a key, while the server has AUTH=none; default shoal. With AUTH=jwt put a token into SHOAL_TOKEN",
  },
} as const satisfies Record<string, Option>;

export const JSON_OPTION = {
  json: { type: "boolean", desc: "prints JSON, for programs" },
} as const satisfies Record<string, Option>;
