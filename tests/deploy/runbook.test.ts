import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { anchorsOf } from "../support/markdown.js";
import { PROJECT } from "../support/readme.js";
import { sourceFiles } from "../support/source-files.js";
import { readAlerts } from "./support/monitoring.js";

const runbook = readFileSync(join(PROJECT, "docs/runbook.md"), "utf8");
const sources = sourceFiles()
  .map(({ text }) => text)
  .join("\n");

/** Words that stand for no variable of the configuration: signals and errors of the system are among them. */
const OTHER_WORDS = new Set([
  "NODE_OPTIONS",
  ...Object.keys(constants.signals),
  ...Object.keys(constants.errno),
]);
/** Of every process, by prom-client; tests/deploy/monitoring.test.ts sees that they are exported. */
const OF_PROCESSES = [
  ...["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"],
  ...["nodejs_eventloop_lag_p99_seconds", "nodejs_heap_size_used_bytes", "nodejs_external_memory_bytes"],
];

/** What the text quotes as a log line: log: `...`. */
function quotedLogs(text: string): string[] {
  return [...text.matchAll(/log:\s`([^`]+)`/g)].map(([, message = ""]) => message);
}

function namesOfMetrics(text: string): string[] {
  const words = [...text.matchAll(/\b(?:realtime|http|process|nodejs)_[a-z0-9_]+[a-z0-9]\b/g)];
  return words.map(([name]) => name.replace(/_(bucket|sum|count)$/, "")).filter((name) => !/_$/.test(name));
}

/** Upper-case words in backticks and in commands that look like variables. */
function namesOfVariables(text: string): string[] {
  return [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !OTHER_WORDS.has(name));
}

function pathsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:monitoring|docs|nginx|k8s|tests|scripts|src)\/[\w./-]*\w/g)].map(
    ([path]) => path,
  );
}

/** Whether a source file logs or reports it: it begins a string there. */
function isLogged(message: string): boolean {
  return ['"', "`"].some((quote) => sources.includes(`${quote}${message}`));
}

const isExported = (name: string): boolean => sources.includes(`"${name}"`) || OF_PROCESSES.includes(name);

describe("docs/runbook.md", () => {
  test("has a section for everything that it must have, with what you see and what to do", () => {
    const sections = runbook.split(/^## /m).slice(1);
    const troubles = sections.filter((section) => !section.startsWith("Where to look"));
    const wanted = [
      ...["scale-up", "scale-down", "deploy", "roll-back", "reload-by-sighup", "redis-is-lost"],
      ...["mongodb-is-lost", "too-many-reconnects", "memory-is-high", "one-worker-is-hot-or-blocked"],
      ...["handshakes-are-refused", "slow-clients", "workers-crash-again-and-again"],
      ...["certificates-and-the-edge", "an-instance-does-not-answer"],
    ];

    expect(anchorsOf(runbook)).toEqual(expect.arrayContaining(wanted));
    for (const section of troubles) {
      const [title] = section.split("\n");
      expect([title, section.includes("**You see**")]).toEqual([title, true]);
      expect([title, /\*\*(Do|If it fails|What it is for)\.?\*\*|\| do \|/.test(section)]).toEqual([
        title,
        true,
      ]);
    }
  });

  test("each section that the doctor finds says so, with the name of the check", () => {
    const parts = { environment: {}, url: "http://localhost", idleMs: 0, patienceMs: 0, dateMs: Date.now };
    const checks = checksOf({ ...parts, environment: { MONGODB_URI: "mongodb://localhost/shoal" } });
    const page = "docs/runbook.md#";
    const silent = checks.filter(({ name, see }) => {
      if (!see.startsWith(page)) return false;
      const section = runbook
        .split(/^## /m)
        .find((text) => anchorsOf(`## ${text}`)[0] === see.slice(page.length));
      return !section?.includes("`shoal doctor") || !section.replaceAll(/\s+/g, " ").includes(`\`${name}\``);
    });

    expect(checks.length).toBeGreaterThan(12);
    expect(silent.map(({ name, see }) => `${name}: ${see}`)).toEqual([]);
    for (const { see } of checks) {
      const [path = "", anchor = ""] = see.split("#");
      expect(anchorsOf(readFileSync(join(PROJECT, path), "utf8"))).toContain(anchor);
    }
  });

  test("every log line that it quotes is one that the code writes", () => {
    const quoted = quotedLogs(runbook);

    expect(quoted.length).toBeGreaterThan(25);
    expect(quoted.filter((message) => !isLogged(message))).toEqual([]);
  });

  test("every metric that it names is exported", () => {
    const names = namesOfMetrics(runbook);

    expect(new Set(names).size).toBeGreaterThan(12);
    expect(names.filter((name) => !isExported(name))).toEqual([]);
  });

  test("every variable that it names is one of the configuration's", () => {
    const names = namesOfVariables(runbook);

    expect(new Set(names).size).toBeGreaterThan(10);
    expect(names.filter((name) => !(name in VARIABLES))).toEqual([]);
  });

  test("every file that it names is there, and so is every section that it links to", () => {
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);

    expect(pathsOf(runbook).length).toBeGreaterThan(10);
    expect(pathsOf(runbook).filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((anchor) => !anchorsOf(runbook).includes(anchor))).toEqual([]);
  });

  test("every alert that it names exists", () => {
    const known = readAlerts().map(({ alert }) => alert);
    const named = [...runbook.matchAll(/`(Shoal[A-Z]\w+)`/g)].map(([, name = ""]) => name);

    expect(new Set(named)).toEqual(new Set(known));
  });

  test("every block of commands says whether they were run", () => {
    const blocks = [...runbook.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);

    expect(blocks.length).toBeGreaterThan(15);
    expect(blocks.filter((block) => !/^# (run|not run)\b/.test(block))).toEqual([]);
    for (const block of blocks.flatMap((one) => one.split(/^(?=# (?:run|not run))/m))) {
      const untried = /\b(kubectl|docker|mongosh) /.test(block);
      expect([block, untried && block.startsWith("# run")]).toEqual([block, false]);
    }
  });
});

describe("what the test reads out of the runbook", () => {
  test("wrong names would be found", () => {
    expect(quotedLogs("a log: `redis is gone` and `b`").filter((one) => !isLogged(one))).toEqual([
      "redis is gone",
    ]);
    expect(namesOfMetrics("`realtime_x_total` 0").filter((one) => !isExported(one))).toEqual([
      "realtime_x_total",
    ]);
    expect(namesOfVariables("`DRAIN_WINDOW`, `PORT`").filter((one) => !(one in VARIABLES))).toEqual([
      "DRAIN_WINDOW",
    ]);
    expect(pathsOf("see `nginx/none.conf`.")).toEqual(["nginx/none.conf"]);
  });
});
