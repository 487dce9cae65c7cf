/** Alerts, dashboard and scraping fit together, and to what Kong, the plugin server and the balancer export. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { entitiesOf } from '../../../tools/loadKongYml/entities';
import {
  DASHBOARD,
  DASHBOARD_EXPRESSIONS,
  metricsOf,
  PANELS,
  RULES_FILE,
  readRules,
} from '../../support/deploy/askedMetrics';
import { isInstalled, run } from '../../support/deploy/commands';
import { readComposeFile } from '../../support/deploy/composeFile';
import { needs } from '../../support/needs';

const rules = readRules();

/** What there is to ask for: Kong 3.9's and HAProxy's names as their exporters have them, and the plugin server's. */
const METRICS = [
  /^up$/,
  /^kinesis_ingest_(events_total|contracts_behind|retries_total|queue_bytes|credentials_(expiry|fetched)_seconds)$/,
  /^kinesis_ingest_(batch_records|kinesis_seconds)_(bucket|sum|count)$/,
  /^kong_pluginserver_(pdk_round_trips_total|log_lines_dropped_total|events_in_flight|event_seconds_(bucket|sum|count))$/,
  /^(process_(cpu_seconds_total|resident_memory_bytes|open_fds|max_fds|start_time_seconds)|nodejs_(eventloop_lag_p99_seconds|heap_size_used_bytes))$/,
  /^kong_(http_requests_total|bandwidth_bytes|nginx_connections_total|datastore_reachable)$/,
  /^kong_(request|kong|upstream)_latency_ms_bucket$/,
  /^kong_memory_lua_shared_dict(_total)?_bytes$/,
  /^haproxy_server_(status|http_responses_total|retry_warnings_total|redispatch_warnings_total)$/,
];

test.each([
  ['alerts', rules.map(({ expr }) => expr)],
  ['dashboard', DASHBOARD_EXPRESSIONS],
])('the %s ask only for metrics that somebody exports', (_, all) => {
  const names = metricsOf(all);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !METRICS.some((known) => known.test(name)))).toEqual([]);
});

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s says what happens, why its threshold is there and what to do',
  (_, { annotations, labels }) => {
    expect(annotations).toEqual({
      summary: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\.$/),
      reason: expect.stringMatching(/\.$/),
      action: expect.stringMatching(/\.$/),
    });
    expect(['page', 'ticket']).toContain(labels.severity);
  },
);

describe('by promtool', needs(isInstalled('promtool'), 'promtool (Debian’s package prometheus)'), () => {
  test('the alerts are valid', () => {
    expect(run('promtool', ['check', 'rules', RULES_FILE])).toMatch(/SUCCESS: \d+ rules found/);
  });

  test('the alerts ring when they should, and only then', () => {
    expect(run('promtool', ['test', 'rules', 'test/support/deploy/alerts.yml'])).toContain('SUCCESS');
  });

  test('the scrape configuration is valid', () => {
    expect(
      run('promtool', ['check', 'config', '--syntax-only', 'deploy/observability/prometheus.yml']),
    ).toContain('SUCCESS');
  });

  test('each expression of the dashboard is valid PromQL', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
    const filled = (expr: string) =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h').replaceAll('$shards', '2');
    const recorded = DASHBOARD_EXPRESSIONS.map((expr, index) => ({
      record: `panel:${index}`,
      expr: filled(expr),
    }));
    try {
      const file = path.join(folder, 'dashboard.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
      expect(run('promtool', ['check', 'rules', file])).toContain(
        `SUCCESS: ${DASHBOARD_EXPRESSIONS.length} rules`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the dashboard', () => {
  test('asks the datasource that is provisioned', () => {
    const file = readFileSync('deploy/observability/grafana/provisioning/datasources/prometheus.yml', 'utf8');
    const [datasource] = (parse(file) as { datasources: { uid: string; url: string }[] }).datasources;
    expect(JSON.stringify(DASHBOARD).match(/"uid":"prometheus"/g)!.length).toBeGreaterThan(PANELS.length / 2);
    expect(datasource).toMatchObject({ uid: 'prometheus', url: 'http://prometheus:9090' });
  });

  test.each(PANELS.filter(({ type }) => type !== 'row').map((panel) => [panel.title, panel] as const))(
    '%s says what is to be seen',
    (_, { description }) => {
      expect(description).toMatch(/\.$/);
    },
  );

  test('has no panels that overlap or stick out', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of PANELS) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
  });
});

test('Prometheus scrapes services of docker-compose.yml that share a network with it', () => {
  const { scrape_configs } = parse(readFileSync('deploy/observability/prometheus.yml', 'utf8')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  const { services } = readComposeFile();
  const targets = scrape_configs.flatMap(({ static_configs }) =>
    static_configs.flatMap((each) => each.targets),
  );
  for (const target of targets.filter((each) => !each.startsWith('localhost:'))) {
    const networks = services[target.split(':')[0]!]?.networks;
    const names = Array.isArray(networks) ? networks : Object.keys(networks ?? {});
    expect(names, target).toContain('observability');
  }
});

test('Kong’s plugin prometheus counts what alerts and dashboard need, and can be loaded', () => {
  const [plugin, ...others] = entitiesOf(readFileSync('deploy/observability/kong-prometheus.yml', 'utf8'));
  expect(others).toEqual([]);
  expect(plugin).toMatchObject({
    path: '/plugins/prometheus',
    fields: { config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true } },
  });
});
