import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT } from "../../support/readme.js";

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity?: string };
  readonly annotations: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbook_url?: string;
  };
}

export interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
  readonly exemplar?: boolean;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly expr?: string;
      readonly titleFormat?: string;
    }[];
  };
}

/** An expression that somebody looks at, and the text that is made of the labels of its result. */
export interface Shown {
  readonly where: string;
  readonly expression: string;
  readonly legend: string;
}

/** All rules of monitoring/alerts.yml. */
export function readAlerts(): Alert[] {
  const { groups } = parse(readFileSync(join(PROJECT, "monitoring/alerts.yml"), "utf8")) as {
    groups: { rules: Alert[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

export function readDashboard(): Dashboard {
  return JSON.parse(
    readFileSync(join(PROJECT, "monitoring/grafana/dashboards/shoal.json"), "utf8"),
  ) as Dashboard;
}

/** Every expression of both. */
export function shownIn(alerts: readonly Alert[], dashboard: Dashboard): Shown[] {
  const variables = dashboard.templating.list.flatMap(({ name, definition }) => {
    const [, selector = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? "") ?? [];
    return definition === undefined
      ? []
      : [{ where: `variable ${name}`, expression: selector, legend: `{{${label}}}` }];
  });
  return [
    ...alerts.map(({ alert, expr, annotations: { summary = "", description = "" } }) => ({
      where: alert,
      expression: expr,
      legend: summary + description,
    })),
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map((one) => ({ where: title, expression: one.expr, legend: one.legendFormat })),
    ),
    ...dashboard.annotations.list.flatMap(({ name, expr, titleFormat = "" }) =>
      expr === undefined ? [] : [{ where: `annotation ${name}`, expression: expr, legend: titleFormat }],
    ),
    ...variables,
  ];
}
