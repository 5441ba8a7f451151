import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  misspeltVariables,
  unknownVariables,
  unknownVariableWarning,
} from "../../src/engine/config/unknown-variables.js";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { ROOT } from "../support/setup-project.js";

/** What an ordinary machine, a shell, a CI and Kubernetes put there. */
const ORDINARY = [
  ...[
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "SHELL",
    "SHLVL",
    "USER",
    "LOGNAME",
    "LANG",
    "TERM",
    "HOSTNAME",
    "HOSTTYPE",
  ],
  ...["MAIL", "EDITOR", "PAGER", "CI", "DEBUG", "TZ", "_", "npm_lifecycle_event", "INIT_CWD", "NODE_OPTIONS"],
  ...[
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_VERSION",
    "NO_COLOR",
    "http_proxy",
    "SSL_CERT_FILE",
    "COLORTERM",
  ],
  ...[
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_PORT",
    "SHOAL_PORT_3000_TCP",
    "SHOAL_SERVICE_HOST",
    "MONGODB_PORT",
  ],
  ...["REDIS_PORT", "REDIS_SERVICE_HOST", "POD_NAME", "OTEL_SERVICE_NAME", "GITHUB_ACTIONS", "RUNNER_TEMP"],
];

const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name);
const set = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "x"]));

test.each([
  ["WOKERS", "WORKERS"],
  ["WORKER", "WORKERS"],
  ["PROT", "PORT"],
  ["MONGODB_URL", "MONGODB_URI"],
  ["REDIS_URI", "REDIS_URL"],
  ["AUTH_ISUER", "AUTH_ISSUER"],
  ["API_KEY", "API_KEYS"],
  ["LOG_LEVLE", "LOG_LEVEL"],
  ["NODE_EVN", "NODE_ENV"],
  ["port", "PORT"],
  ["RATE_IP_REQUEST", "RATE_IP_REQUESTS"],
])("%s is told as a misspelt %s, wherever it stands", (name, meant) => {
  expect(misspeltVariables({ [name]: "2" })).toEqual([{ name, meant }]);
  expect(unknownVariables({ [name]: "2" })).toEqual([{ name, meant }]);
});

test.each([
  ["MONGO_URL", "MONGODB_URI"],
  ["REDIS_HOST", "REDIS_URL"],
  ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_WORKER"],
])("%s, as others call it, is told to be %s, unless that is set", (name, meant) => {
  expect(misspeltVariables({ [name]: "x" })).toEqual([{ name, meant }]);
  expect(misspeltVariables({ [name]: "x", [meant]: "y" })).toEqual([]);
});

test("nothing is told of what is spelt right, empty, or put into an environment by others", () => {
  expect(misspeltVariables(set(Object.keys(VARIABLES)))).toEqual([]);
  expect(unknownVariables(set(Object.keys(VARIABLES)))).toEqual([]);
  expect(misspeltVariables({ WOKERS: "" })).toEqual([]);
  expect(misspeltVariables(set(ORDINARY))).toEqual([]);
});

test("in a file for this service also a name that is like no other is told", () => {
  expect(misspeltVariables(set(["THREADS"]))).toEqual([]);
  expect(unknownVariables(set(["THREADS"]))).toEqual([{ name: "THREADS", meant: undefined }]);
});

test("what docker-compose.yml reads from the same file is not told", () => {
  const names = namesIn(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), /\$\{(\w+)/g);

  expect(names.length).toBeGreaterThan(10);
  expect(unknownVariables(set(names))).toEqual([]);
});

test("a warning names the variable and what was meant, never the value", () => {
  const [warning = ""] = unknownVariables({ WOKERS: "hunter2" }).map(unknownVariableWarning);

  expect(warning).toBe("WOKERS is no variable of Shoal: was WORKERS meant?");
  expect(unknownVariables(set(["THREADS"])).map(unknownVariableWarning)).toEqual([
    "THREADS is no variable of Shoal: nothing reads it",
  ]);
});
