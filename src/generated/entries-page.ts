import { GENERATED_BY } from "../contract/about.js";
import type { Access } from "../contract/access.js";
import type { Declared } from "../contract/feature.js";
import type { Route } from "../contract/route.js";
import type { Stream } from "../contract/stream.js";
import { code, page, table } from "./markdown.js";

const INTRODUCTION = `Every way in, and who is let in: the routes and events that the features declare, and below what the server has besides. What is not in these
tables is answered with \`not_found\` or \`unknown_event\`. [security.md](security.md) says what the words mean, [protocol.md](protocol.md) what each entry takes and
gives.`;

/** What is served without a declaration: [entry, port, who, why that is all right]. */
const BUILT_IN: readonly (readonly [string, string, string, string])[] = [
  ["GET /", "public", "anyone", "the page of `public/`, with no data in it"],
  ["GET /client/index.js", "public", "anyone", "the client library, and the other files of `dist/client/`"],
  ["GET /docs/", "public", "anyone, where `API_DOCS` is `on`", "the documents of the API as a page"],
  [
    "GET /socket.io/",
    "public",
    "anyone; browsers, of an allowed origin",
    "the handshake: opens a transport, which gives nothing before CONNECT says who comes",
  ],
  [
    "GET /",
    "private",
    "whoever reaches the port",
    "the console: files of `console/`, with no data in them; what it shows takes a key",
  ],
  ["GET /livez", "private", "whoever reaches the port", "says that the process answers"],
  ["GET /readyz", "private", "whoever reaches the port", "says whether new clients are welcome"],
  ["GET /metrics", "private", "whoever reaches the port", "numbers, without names of users or rooms"],
];

/** docs/entries.md: every way in with its access. */
export function entriesPage(features: readonly Declared[]): string {
  const routes = features.flatMap((feature) => feature.routes ?? []);
  const streams = features.flatMap((feature) => feature.streams ?? []);
  const events = features.flatMap((feature) => feature.events ?? []);
  const isPrivate = ({ access }: Route) => access.kind === "operator";
  return page("Entries and their access", GENERATED_BY, [
    INTRODUCTION,
    "## HTTP, public port (`PORT`); what takes a key of the server API also at the private one",
    accessTable([...routes.filter((route) => !isPrivate(route)), ...streams].map(rowOfRoute)),
    "## Socket.IO, public port",
    accessTable(events.map(({ name, access, summary }) => [code(name), access, summary])),
    "## HTTP, private port (`ADMIN_PORT`), and public port with a key",
    accessTable(routes.filter(isPrivate).map(rowOfRoute)),
    "## Without a declaration",
    table(
      ["entry", "port", "open to", "what it is"],
      BUILT_IN.map(([entry, ...rest]) => [code(entry), ...rest]),
    ),
  ]);
}

type Row = readonly [entry: string, access: Access, summary: string];

function rowOfRoute({ method, path, access, summary }: Route | Stream): Row {
  return [code(`${method} ${path}`), access, summary];
}

function accessTable(rows: readonly Row[]): string {
  return table(
    ["entry", "open to", "operations", "what it does"],
    rows.map(([entry, access, summary]) => [entry, openTo(access), operationsOf(access), summary]),
  );
}

function openTo({ kind }: Access): string {
  switch (kind) {
    case "anyone":
      return "anyone";
    case "user":
      return "a user";
    case "ruled":
      return "a user with the capability, whom the application's rule lets";
    case "key":
      return "a key of the server API with the capability";
    case "operator":
      return "an operator: a key with `operate`; on the private port whoever reaches it, until there is a key";
  }
}

function operationsOf(access: Access): string {
  return "operations" in access ? access.operations.map(code).join(" or ") : "";
}
