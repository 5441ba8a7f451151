import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { call } from "../cluster/support/http-call.js";
import { onEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { anchorsOf } from "../support/markdown.js";
import { type ParsedMetrics, parseMetrics } from "../support/metrics-text.js";
import { PROJECT } from "../support/readme.js";
import { startRedis } from "../support/redis-server.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { keySetOf, signingKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";
import { readAlerts, readDashboard, type Shown, shownIn } from "./support/monitoring.js";
import { type Query, readQuery } from "./support/promql.js";

/** What Prometheus itself puts on every series of a target, and the metric that it makes of each target. */
const TARGET_LABELS = ["job", "instance"];
const OF_PROMETHEUS = ["up"];
/** Labels of which every value has a series from the start. */
const CLOSED_LABELS = ["result", "reason", "transport", "direction"];

const read = (path: string): string => readFileSync(join(PROJECT, path), "utf8");
const alerts = readAlerts();
const dashboard = readDashboard();
const shown: Shown[] = shownIn(alerts, dashboard);
let metrics: ParsedMetrics;

/** The name under which a series is exported, without what a histogram adds. */
function familyOf(name: string): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return metrics.types.get(base) === "histogram" ? base : name;
}

function labelsOf(name: string): string[] {
  if (OF_PROMETHEUS.includes(name)) return TARGET_LABELS;
  const own = metrics.select(name).flatMap(({ labels }) => Object.keys(labels));
  return [...new Set([...own, ...TARGET_LABELS])];
}

/** What is wrong with the names in an expression, as the process exports them. */
function problemsOf(expression: string, legend = ""): string[] {
  const query = readQuery(expression);
  const unknown = query.metrics
    .map(({ name }) => name)
    .filter((name) => !OF_PROMETHEUS.includes(name))
    .filter((name) => !metrics.types.has(familyOf(name)) || metrics.select(name).length === 0)
    .map((name) => `no metric ${name}`);
  return unknown.length > 0 ? unknown : [...labelProblems(query), ...legendProblems(query, legend)];
}

function labelProblems({ metrics: uses, groupings }: Query): string[] {
  const missing = (labels: readonly string[], name: string): string[] =>
    labels.filter((label) => !labelsOf(name).includes(label)).map((label) => `${name} has no label ${label}`);
  return [
    ...uses.flatMap(({ name, matchers }) =>
      missing(
        matchers.map(({ label }) => label),
        name,
      ),
    ),
    ...groupings.flatMap(({ labels, metrics: names }) => names.flatMap((name) => missing(labels, name))),
    ...uses.flatMap(({ name, matchers }) => matchers.flatMap((one) => valueProblems(name, one))),
  ];
}

function valueProblems(name: string, { label, value }: { label: string; value: string }): string[] {
  if (!CLOSED_LABELS.includes(label)) return [];
  const known = metrics.select(name).map(({ labels }) => labels[label]);
  return value
    .split("|")
    .filter((one) => !known.includes(one))
    .map((one) => `${name} has no ${label} "${one}"`);
}

/** Labels that a legend or an annotation names and the result does not have. */
function legendProblems({ resultLabels, metrics: uses }: Query, legend: string): string[] {
  const named = [...legend.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = ""]) => label);
  const there = resultLabels ?? labelsOf(uses[0]?.name ?? "");
  return named.filter((label) => !there.includes(label)).map((label) => `the result has no ${label}`);
}

beforeAll(async () => {
  const redis = await startRedis();
  const key = await signingKey("one");
  const keySet = JSON.stringify(await keySetOf(key));
  const keyServer = createServer((_request, response) => response.end(keySet)).listen(0, "127.0.0.1");
  onEnd(() => void keyServer.close());
  await once(keyServer, "listening");
  const { port } = keyServer.address() as AddressInfo;
  const AUTH_JWKS_URL = `http://127.0.0.1:${port}/`;
  const env = { AUTH: "jwt", AUTH_JWKS_URL, AUTH_ISSUER: "*", AUTH_AUDIENCE: "*" };
  const shoal = await spawnShoal({ workers: 2, redisUrl: redis.url, env });
  const { socket } = await connectClient(shoal.url, { auth: { token: await signToken(key) } });
  await emitAck(socket, "publish", { room: "kitchen", messages: [{ id: "1", body: "hello" }] });
  await call(`${shoal.url}/hello`);
  metrics = await eventually(async () => {
    const scraped = parseMetrics((await call(`${shoal.adminUrl}/metrics`)).body);
    expect(scraped.select("http_request_duration_seconds_count")).not.toEqual([]);
    expect(scraped.select("realtime_event_duration_seconds_count")).not.toEqual([]);
    expect(scraped.value("realtime_redis_up", { worker: "2" })).toBe(1);
    return scraped;
  });
});

describe("the reader of PromQL", () => {
  const names = (expression: string) => readQuery(expression).metrics.map(({ name }) => name);

  test("finds metrics and nothing else", () => {
    expect(
      names('sum by (le) (rate(a_bucket{x="b(c)", y=~"$d"}[5m])) / 2e3 > bool on (z) b or vector(0)'),
    ).toEqual(["a_bucket", "b"]);
    expect(
      names("histogram_quantile(0.99, sum(rate(a[$__rate_interval] offset 15m)) by (le)) and c:d"),
    ).toEqual(["a", "c:d"]);
  });

  test("finds matchers, and groupings with the metrics that they are about", () => {
    const {
      metrics: uses,
      groupings,
      resultLabels,
    } = readQuery('sum by (a, b) (x{c!~"d|e"}) / max(y) by (f)');

    expect(uses[0]?.matchers).toEqual([{ label: "c", operator: "!~", value: "d|e" }]);
    expect(groupings).toEqual([
      { labels: ["a", "b"], metrics: ["x"] },
      { labels: ["f"], metrics: ["y"] },
    ]);
    expect(resultLabels).toEqual(["a", "b"]);
    expect(readQuery("max(x) > 1").resultLabels).toEqual([]);
    expect(readQuery("x > 1").resultLabels).toBeUndefined();
  });

  test.each(["sum(a", "a)", "a{b=c}", "rates(a[5m])", "a § b", "sum without (a) (b)"])(
    "refuses %s",
    (expression) => {
      expect(() => readQuery(expression)).toThrow(expression.slice(-3));
    },
  );
});

describe("names in alerts and on the dashboard", () => {
  test("there are some of each", () => {
    expect(alerts.length).toBeGreaterThan(15);
    expect(dashboard.panels.length).toBeGreaterThan(25);
    expect(shown.length).toBeGreaterThan(50);
  });

  test.each(shown.map(({ where, expression, legend }) => [where, expression, legend]))(
    "%s: every metric and label is exported",
    (_where, expression, legend) => {
      expect(problemsOf(expression, legend)).toEqual([]);
    },
  );

  test.each([
    ["an unknown metric", "sum(realtime_connection)", ""],
    ["the suffix of a histogram at a gauge", "rate(realtime_connections_count[5m])", ""],
    ["an unknown label in a selector", 'realtime_connections{slot="1"}', ""],
    ["an unknown label in a grouping", "sum by (slot) (realtime_connections)", ""],
    ["a label of another metric", "sum by (transport) (realtime_slow_clients_total)", ""],
    ["an unknown value", 'realtime_handshakes_total{result=~"full|late"}', ""],
    ["a legend with a label that was summed up", "sum by (worker) (realtime_connections)", "{{transport}}"],
  ])("%s is found", (_slip, expression, legend) => {
    expect(problemsOf(expression, legend)).toHaveLength(1);
  });
});

describe("alerts", () => {
  const runbook = read("docs/runbook.md");

  test("each has a name of its own, a severity, texts, and a section of the runbook that is there", () => {
    const anchors = anchorsOf(runbook);

    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      const [file, anchor] = annotations.runbook_url?.split("#") ?? [];
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(critical|warning)$/)]);
      expect([alert, annotations.summary?.length]).toEqual([alert, expect.any(Number)]);
      expect([alert, annotations.description?.endsWith(".")]).toEqual([alert, true]);
      expect([alert, file, anchors.includes(anchor ?? "")]).toEqual([alert, "docs/runbook.md", true]);
    }
  });

  test("the section that each points to names it", () => {
    const silent = alerts.filter(({ alert, annotations }) => {
      const anchor = annotations.runbook_url?.split("#")[1] ?? "";
      const section = runbook.split(/^(?=## )/m).find((part) => anchorsOf(part)[0] === anchor);
      return !section?.includes(`\`${alert}\``);
    });

    expect(silent.map(({ alert }) => alert)).toEqual([]);
  });

  test("sizes in expressions are those of the deployments", () => {
    const compose = read("docker-compose.yml");
    const deployment = read("k8s/base/deployment.yaml");
    const [, composeGib] = /mem_limit: (\d+)g/.exec(compose) ?? [];
    const [, podGib] = /limits:\s+memory: (\d+)Gi/.exec(deployment) ?? [];
    const heaps = [compose, deployment].map((text) => /--max-old-space-size=(\d+)/.exec(text)?.[1]);
    const expressionOf = (name: string) => alerts.find(({ alert }) => alert === name)?.expr ?? "";

    expect([composeGib, podGib]).toEqual(["2", "2"]);
    expect(expressionOf("ShoalMemoryHigh")).toContain(`0.85 * ${2 * 1024 ** 3}`);
    expect(heaps).toEqual(["512", "512"]);
    expect(expressionOf("ShoalHeapHigh")).toContain(`0.85 * ${512 * 1024 ** 2}`);
  });
});

describe("the dashboard", () => {
  const panels = dashboard.panels.filter(({ type }) => type !== "row");

  test("every panel has a title, a description, a unit and the chosen data source", () => {
    for (const { title, description, fieldConfig, datasource, targets = [] } of panels) {
      expect([title, description]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w.*\.$/)]);
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/\w/)]);
      expect([title, targets.length > 0]).toEqual([title, true]);
      for (const { uid } of [datasource, ...targets.map((one) => one.datasource)])
        expect(uid).toMatch(/^\$\{datasource\}$/);
    }
  });

  test("panels have ids of their own and do not lie upon each other", () => {
    const taken = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );

    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(taken).size).toBe(taken.length);
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test("each chart of quantiles shows exemplars once, and no other panel does", () => {
    for (const { title, type, targets = [] } of panels) {
      const isChart =
        type === "timeseries" && targets.some(({ expr }) => expr.includes("histogram_quantile"));
      expect([title, targets.filter(({ exemplar }) => exemplar).length]).toEqual([title, isChart ? 1 : 0]);
    }
    expect(read("docker-compose.yml")).toContain("- --enable-feature=exemplar-storage");
  });

  test("every variable that is used is defined, and the instance narrows all", () => {
    const defined = [...dashboard.templating.list.map(({ name }) => name), "__rate_interval"];
    const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
    const targets = panels.flatMap(({ targets: list = [] }) => list);

    expect(defined).toEqual(expect.arrayContaining(["datasource", "instance", "worker"]));
    expect(used.filter((name = "") => !defined.includes(name))).toEqual([]);
    expect(targets.filter(({ expr }) => !expr.includes('instance=~"$instance"'))).toEqual([]);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
  });
});

describe("prometheus.yml and Grafana's provisioning", () => {
  interface Targets {
    readonly rule_files: string[];
    readonly scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  }
  const prometheus = parse(read("monitoring/prometheus.yml")) as Targets;
  const compose = parse(read("docker-compose.yml"), { merge: true }) as {
    services: Record<string, { image: string; environment?: Record<string, string>; volumes?: string[] }>;
  };

  test("every instance of docker-compose.yml is scraped at its admin port, and nothing else", () => {
    const apps = Object.entries(compose.services).filter(([, { image }]) => image.startsWith("shoal:"));
    const [job, ...others] = prometheus.scrape_configs;

    expect([job?.job_name, others]).toEqual(["shoal", []]);
    expect(job?.static_configs.flatMap(({ targets }) => targets)).toEqual(
      apps.map(([name, { environment }]) => `${name}:${environment?.ADMIN_PORT}`),
    );
  });

  test("the rules are where prometheus.yml looks for them, and mounted there", () => {
    expect(prometheus.rule_files).toEqual(["alerts.yml"]);
    expect(existsSync(join(PROJECT, "monitoring/alerts.yml"))).toBe(true);
    expect(compose.services.prometheus?.volumes?.join()).toContain("/etc/prometheus/alerts.yml");
  });

  test("Grafana asks that Prometheus and finds the dashboard where it is mounted", () => {
    const source = parse(read("monitoring/grafana/provisioning/datasources/prometheus.yml")) as {
      datasources: { url: string }[];
    };
    const provider = parse(read("monitoring/grafana/provisioning/dashboards/shoal.yml")) as {
      providers: { options: { path: string } }[];
    };

    expect(compose.services).toHaveProperty([new URL(source.datasources[0]?.url ?? "").hostname]);
    expect(compose.services.grafana?.volumes).toContain(
      `./monitoring/grafana/dashboards:${provider.providers[0]?.options.path}:ro`,
    );
  });
});
