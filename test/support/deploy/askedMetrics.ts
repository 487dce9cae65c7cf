/** Which metrics the alerts and the dashboard ask for. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export const RULES_FILE = 'deploy/observability/rules/kinesis-ingest.yml';

export interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

export interface DashboardPanel {
  title: string;
  type: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

export function readRules(): Rule[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

/** The dashboard "Clickstream door" as Grafana reads it. */
export const DASHBOARD = JSON.parse(
  readFileSync('deploy/observability/grafana/dashboards/door.json', 'utf8'),
) as { panels: DashboardPanel[] };

export const PANELS = DASHBOARD.panels;

export const DASHBOARD_EXPRESSIONS = PANELS.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** @returns names of metrics, each once */
export function metricsOf(expressions: readonly string[]): string[] {
  return [...new Set(expressions.flatMap(metricsOfOne))];
}

function metricsOfOne(expr: string): string[] {
  const bare = expr.replace(/\{[^}]*\}/g, '').replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return bare.match(/\b[a-z]+(_[a-z0-9]+)+\b/g)?.filter((name) => name !== 'histogram_quantile') ?? [];
}
