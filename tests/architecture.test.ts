import { ERRORS } from "../src/contract/errors.js";
import { type Import, type SourceFile, sourceFiles } from "./support/source-files.js";

const files = sourceFiles();

/** The only file of the application that the configuration knows: the primary, too, reads all variables. */
const APP_VARIABLES = "app/variables";

/**
 * Rooms of the house and which others each may enter. `(type)` allows types only. A room is a folder of `src` or of
 * `src/engine`, or a file that stands alone there. All may enter the contract.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  main: ["engine/load", "engine/run-instance", "engine/worker"],
  "engine/load": ["engine/ipc", "engine/process"],
  app: ["engine/process (type)"],
  cli: ["engine/config", "engine/process", "engine/stores", "engine/trust", "engine/worker"],
  generated: ["app", "cli", "engine/config", "engine/internals", "engine/worker"],
  contract: [
    "engine/process",
    "engine/config (type)",
    "engine/metrics (type)",
    "engine/rooms (type)",
    "engine/presence (type)",
  ],
  dev: ["engine/process"],
  "engine/run-instance": ["engine/instance", "engine/config", "engine/process"],
  "engine/instance": [
    ...["dev", "engine/admin", "engine/cluster", "engine/worker", "engine/process"],
    ...["engine/config (type)", "engine/service (type)"],
  ],
  "engine/service": ["engine/ipc (type)", "engine/process (type)"],
  "engine/admin": [
    "engine/http",
    "engine/metrics",
    "engine/process",
    "engine/config (type)",
    "engine/service (type)",
  ],
  "engine/cluster": [
    ...["engine/admin", "engine/history", "engine/routing", "engine/trust", "engine/ipc", "engine/process"],
    ...["engine/config (type)", "engine/service (type)"],
  ],
  "engine/history": ["engine/ipc (type)", "engine/process"],
  "engine/worker": [
    ...[
      "app",
      "engine/admin",
      "engine/history",
      "engine/http",
      "engine/internals",
      "engine/ipc",
      "engine/membership",
      "engine/metrics",
      "engine/presence",
    ],
    ...["engine/process", "engine/realtime", "engine/rooms", "engine/routing", "engine/stores"],
    ...["engine/tracing", "engine/trust"],
    ...["engine/config (type)", "engine/service (type)"],
  ],
  "engine/tracing": [...["engine/http", "engine/process", "engine/realtime (type)", "engine/rooms (type)"]],
  "engine/routing": [
    ...["engine/http", "engine/internals", "engine/ipc", "engine/process"],
    ...["engine/config (type)", "engine/membership (type)", "engine/realtime (type)"],
  ],
  "engine/realtime": [
    ...[
      "engine/http",
      "engine/internals",
      "engine/trust",
      "engine/config (type)",
      "engine/membership (type)",
      "engine/metrics (type)",
      "engine/presence (type)",
    ],
    ...["engine/process", "engine/rooms (type)", "engine/stores (type)", "engine/trust"],
  ],
  "engine/http": ["engine/config", "engine/process", "engine/trust", "engine/metrics (type)"],
  "engine/trust": [
    ...["engine/process", "engine/config", "engine/metrics (type)", "engine/rooms (type)"],
    "engine/stores (type)",
  ],
  "engine/presence": ["engine/rooms", "engine/membership (type)", "engine/process (type)"],
  "engine/membership": ["engine/process (type)", "engine/rooms (type)"],
  "engine/rooms": ["engine/process (type)"],
  "engine/stores": [
    "engine/config",
    "engine/internals",
    "engine/process",
    "engine/membership (type)",
    "engine/rooms (type)",
    "engine/presence (type)",
    "engine/trust (type)",
  ],
  "engine/metrics": ["engine/ipc (type)", "engine/process (type)", "engine/service (type)"],
  "engine/ipc": ["engine/process", "engine/config (type)"],
  "engine/config": ["engine/internals", "engine/process"],
  "engine/internals": ["engine/process (type)"],
  "engine/process": [],
};

/** The only places where a package may be imported. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  express: ["engine/http", "engine/tracing"],
  cookie: ["engine/trust"],
  cors: ["engine/http"],
  compression: ["engine/http"],
  helmet: ["engine/http"],
  send: ["engine/admin"],
  morgan: ["engine/http"],
  "socket.io": ["engine/realtime", "engine/internals"],
  ws: ["cli", "engine/realtime", "engine/internals"],
  "socket.io-adapter": ["engine/realtime"],
  "socket.io-parser": ["engine/realtime"],
  "@socket.io/redis-adapter": ["engine/realtime"],
  "@socket.io/cluster-adapter": ["engine/realtime", "engine/cluster"],
  "@socket.io/sticky": ["engine/routing"],
  ioredis: ["engine/stores"],
  mongoose: ["app", "contract", "engine/stores", "generated"],
  zod: ["app", "contract", "engine/realtime"],
  envalid: ["engine/config"],
  jose: ["engine/trust"],
  "@opentelemetry/api": ["engine/tracing"],
  "@opentelemetry/sdk-trace-node": ["engine/tracing"],
  "@opentelemetry/resources": ["engine/tracing"],
  "@opentelemetry/exporter-trace-otlp-proto": ["engine/tracing"],
  pino: ["engine/process"],
  "prom-client": ["engine/metrics"],
};

function roomOf(name: string): string {
  const [first = name, second] = name.split("/");
  return first === "engine" ? `${first}/${second}` : first;
}

function mayImport(from: SourceFile, { target, typeOnly }: Import): boolean {
  const [here, there] = [roomOf(from.name), roomOf(target)];
  if (here === "engine/config" && target === APP_VARIABLES) return true;
  if (here === there || there === "contract") return true;
  const allowed = ROOMS[here] ?? [];
  return allowed.includes(there) || (typeOnly && allowed.includes(`${there} (type)`));
}

function violations(find: (file: SourceFile) => readonly string[]): string[] {
  return files.flatMap((file) => find(file).map((problem) => `${file.name}: ${problem}`));
}

describe("architecture", () => {
  test("imports go from the entry towards the models, and only where the plan allows", () => {
    const wrong = violations((file) =>
      file.imports.filter((one) => one.internal && !mayImport(file, one)).map((one) => one.target),
    );

    expect(wrong).toEqual([]);
  });

  test("every file belongs to a room", () => {
    const known = Object.keys(ROOMS);

    expect(files.map((file) => roomOf(file.name)).filter((room) => !known.includes(room))).toEqual([]);
    expect(known.filter((room) => !files.some((file) => roomOf(file.name) === room))).toEqual([]);
  });

  test("every package has its home", () => {
    const wrong = violations((file) =>
      file.imports
        .map((one) => one.target)
        .filter((target) => target in HOMES && !HOMES[target]?.includes(roomOf(file.name))),
    );

    expect(wrong).toEqual([]);
  });

  test("no import closes a circle", () => {
    const graph = new Map(files.map((file) => [file.name, file.imports.filter((one) => one.internal)]));
    const circles: string[] = [];
    const done = new Set<string>();

    function visit(name: string, path: readonly string[]): void {
      if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" -> "));
      if (done.has(name) || path.includes(name)) return;
      for (const { target } of graph.get(name) ?? []) visit(target, [...path, name]);
      done.add(name);
    }
    for (const name of graph.keys()) visit(name, []);

    expect(circles).toEqual([]);
  });

  test("a primary loads nothing of what serves clients or speaks to stores", () => {
    const graph = new Map(files.map((file) => [file.name, file.imports]));
    const loaded = new Set<string>();

    function load(name: string): void {
      if (loaded.has(name)) return;
      loaded.add(name);
      for (const one of graph.get(name) ?? []) if (!one.typeOnly && !one.dynamic) load(one.target);
    }
    for (const name of ["engine/run-instance", "engine/cluster/primary"]) load(name);

    const foreign = ["express", "socket.io", "mongoose", "ioredis"].filter((name) => loaded.has(name));
    expect(foreign).toEqual([]);
    expect(loaded).toContain("envalid");
  });

  test("the command loads a part of the server only when a subcommand needs it, and no store for any other", () => {
    const parts = (names: readonly string[]) =>
      names.flatMap((name) => files.find((file) => file.name === name)?.imports ?? []);
    const loaded = new Set<string>();
    function load(name: string): void {
      if (loaded.has(name)) return;
      loaded.add(name);
      for (const one of parts([name])) if (!one.typeOnly && !one.dynamic) load(one.target);
    }

    load("cli/main");
    expect([...loaded].filter((name) => !/^(cli|contract|engine\/process)\/|^node:/.test(name))).toEqual([]);
    for (const name of ["token", "key", "tail", "rooms", "publish", "kick", "revoke"]) load(`cli/${name}`);
    expect(["express", "socket.io", "mongoose", "ioredis"].filter((name) => loaded.has(name))).toEqual([]);
    expect(loaded).toContain("jose");
  });

  test("every internal import names a file that is there", () => {
    const names = new Set(files.map((file) => file.name));

    const wrong = violations((file) =>
      file.imports.filter((one) => one.internal && !names.has(one.target)).map((one) => one.target),
    );

    expect(wrong).toEqual([]);
  });

  test("no source file is longer than 250 lines and no test than 300", () => {
    const long = [
      ...files.filter((file) => file.lines > 250),
      ...sourceFiles("tests").filter((file) => file.lines > 300),
    ];

    expect(long.map((file) => `${file.name}: ${file.lines} lines`)).toEqual([]);
  });

  test("only the configuration reads the environment, and nothing writes to the console", () => {
    const wrong = violations((file) => [
      ...(/process\.env/.test(file.text) && roomOf(file.name) !== "engine/config" ? ["process.env"] : []),
      ...(/\bconsole\./.test(file.text) ? ["console"] : []),
    ]);

    expect(wrong).toEqual([]);
  });
});

/**
 * What is made once, or once for each room. V8 makes a hidden class in the old space for each object with a getter of its own, which keeps what the
 * getter closes over from being collected with the young objects: of what is made for each request or event that is the request or event.
 */
const OWN_GETTERS = [
  ...["live-rooms", "message-ring", "open-rooms", "room-cursor"].map((name) => `engine/rooms/read/${name}`),
  "engine/rooms/rooms",
  "engine/realtime/rights/rechecks",
  "engine/trust/limits/rate-buckets",
  "engine/trust/revocation/revocation-list",
];

test("what is made for each request or event has no getters of its own, nor a bound resource, but is a class", () => {
  const found = files.filter(({ text }) => /^ {4,}get \w+\(|AsyncResource\.bind\(/m.test(text));
  expect(found.map(({ name }) => name).sort()).toEqual([...OWN_GETTERS].sort());
});

describe("the errors", () => {
  test("are all used", () => {
    const unused = Object.keys(ERRORS).filter(
      (code) => !files.some((file) => file.name !== "contract/errors" && file.text.includes(`"${code}"`)),
    );

    expect(unused).toEqual([]);
  });
});
