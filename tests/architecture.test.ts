import mongoose from "mongoose";
import { features } from "../src/app/features.js";
import { boundedJson } from "../src/bounded-json.js";
import { VARIABLES } from "../src/config/variables.js";
import { outline } from "../src/contract/outline.js";
import { ERRORS } from "../src/errors.js";
import { readmeTable } from "./support/readme.js";
import { type Import, type SourceFile, sourceFiles } from "./support/source-files.js";

const files = sourceFiles();

/** Small files that all may use and that use only each other. */
const LEAVES = [
  ...[
    "bounded-json",
    "client-address",
    "close-with",
    "config",
    "contract",
    "descriptors",
    "domain",
    "engine-request",
    "errors",
    "ipc",
    "lifecycle",
    "listener",
    "log-output",
    "logger",
    "operator-socket",
    "origin",
  ],
  ...["service", "signals", "start-error", "take-unread", "validation", "wait-at-most"],
];

/** All that the contract may use of ours: how features are declared, without effects. `(type)` allows types only. */
const CONTRACT_USES = [
  "contract",
  "domain",
  "errors",
  "lifecycle",
  "logger",
  "validation",
  "services (type)",
];

/** Rooms of the house and which others each may enter. `(type)` allows types only. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  main: ["run-instance", "worker"],
  "run-instance": ["instance"],
  instance: ["admin", "cluster", "worker", "embedded-mongodb"],
  admin: ["metrics"],
  cluster: [],
  app: [],
  worker: ["app", "http", "realtime", "services", "stores", "metrics"],
  http: ["services (type)", "metrics (type)"],
  realtime: ["services (type)", "stores (type)", "metrics (type)"],
  services: [],
  stores: ["models", "services (type)"],
  models: [],
  metrics: [],
  "embedded-mongodb": [],
};

/** The only places where a package may be imported. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  express: ["http"],
  cors: ["http"],
  helmet: ["http"],
  morgan: ["http"],
  "socket.io": ["realtime"],
  ws: ["realtime"],
  "socket.io-adapter": ["realtime"],
  "@socket.io/redis-adapter": ["realtime"],
  "@socket.io/cluster-adapter": ["realtime", "cluster"],
  "@socket.io/sticky": ["cluster", "worker"],
  ioredis: ["stores"],
  mongoose: ["app", "contract", "models", "stores"],
  envalid: ["config"],
  pino: ["logger"],
  "prom-client": ["metrics"],
};

function roomOf(name: string): string {
  const [first = name] = name.split("/");
  return first;
}

function mayImport(from: SourceFile, { target, typeOnly }: Import): boolean {
  const [here, there] = [roomOf(from.name), roomOf(target)];
  if (here === "contract") {
    return CONTRACT_USES.includes(there) || (typeOnly && CONTRACT_USES.includes(`${there} (type)`));
  }
  if (here === there || LEAVES.includes(there)) return true;
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

  test("every file belongs to a room or is a leaf", () => {
    const known = [...LEAVES, ...Object.keys(ROOMS)];

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
      ...(/process\.env/.test(file.text) && roomOf(file.name) !== "config" ? ["process.env"] : []),
      ...(/\bconsole\./.test(file.text) ? ["console"] : []),
    ]);

    expect(wrong).toEqual([]);
  });
});

describe("the documents' tables", () => {
  test("that of variables is what the configuration reads", () => {
    const inCode = Object.entries(VARIABLES).map(([name, spec]) => [
      `\`${name}\``,
      shownDefault(name, spec),
      spec.desc ?? "",
    ]);

    expect(readmeTable("docs/configuration.md", "Variables")).toEqual(inCode);
  });

  test("that of errors is the catalogue", () => {
    const inCode = Object.entries(ERRORS).map(([code, kind]) => [
      `\`${code}\``,
      String(kind.status),
      kind.temporary ? "yes" : "no",
      kind.message,
    ]);

    expect(readmeTable("docs/protocol.md", "Errors")).toEqual(inCode);
  });

  test("that of errors has none that is never used", () => {
    const unused = Object.keys(ERRORS).filter(
      (code) => !files.some((file) => file.name !== "errors" && file.text.includes(`"${code}"`)),
    );

    expect(unused).toEqual([]);
  });

  test("those of events and routes name exactly what the features declare", () => {
    const limits = { body: boundedJson(1), publishMessages: 1, pageMessages: 1 };
    const declared = outline(features, limits, mongoose.createConnection());
    const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => `\`${name}\``).sort();
    const documented = (table: string) => readmeTable("docs/protocol.md", table).map(([name = ""]) => name);
    const requests = declared
      .flatMap(({ routes = [] }) => routes)
      .map(({ method, path }) => `${method} ${path}`);

    expect(documented("Events that clients send").sort()).toEqual(
      names(declared.flatMap(({ events = [] }) => events)),
    );
    expect(documented("Events that clients receive").sort()).toEqual(
      names(declared.flatMap(({ emits = [] }) => emits)),
    );
    expect(
      [
        ...new Set(
          [...documented("HTTP"), ...documented("On the private port")].map(
            (cell) => /`(\w+ [^`?]+)/.exec(cell)?.[1],
          ),
        ),
      ].sort(),
    ).toEqual(requests.sort());
  });
});

/** A default as the table shows it: `—` for none, and both where production differs. */
function shownDefault(name: string, spec: { default?: unknown; devDefault?: unknown }): string {
  if (name === "WORKERS") return "one per core";
  if (spec.devDefault === undefined) return shown(spec.default);
  return `${shown(spec.devDefault)}; ${shown(spec.default)} in production`;
}

function shown(value: unknown): string {
  return value === "" || value === false || (Array.isArray(value) && value.length === 0)
    ? "—"
    : `\`${String(value)}\``;
}
