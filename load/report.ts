/** A load test's report: one HTML file with its plots, readable without a network. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LatencySummary } from './latency';

/** One row a second. */
export interface ReportSecond {
  at: number;
  sent: number;
  errors: number;
  /** Milliseconds; 0 in a second without an answer. */
  p50: number;
  p99: number;
  /** CPU in percent of a core, and resident memory in MB, by process. */
  cpu: Record<string, number>;
  memory: Record<string, number>;
}

export interface LoadReport {
  title: string;
  /** What was asked for and what came out, in the order in which it is shown. */
  facts: Record<string, string | number>;
  latency: LatencySummary;
  errors: Record<string, number>;
  seconds: ReportSecond[];
}

export interface Plot {
  title: string;
  unit: string;
  series: { label: string; values: number[] }[];
}

export interface Page {
  title: string;
  /** Names and values, in the order in which they are shown. */
  facts: (readonly [string, string])[];
  /** The seconds that all plots share. */
  at: number[];
  plots: Plot[];
}

export function renderReport(report: LoadReport): string {
  const { title, facts, latency, errors, seconds } = report;
  return renderPage({
    title,
    facts: [
      ...Object.entries(facts).map(([name, value]) => [name, String(value)] as const),
      ...Object.entries(latency).map(
        ([name, ms]) => [LATENCY_NAMES[name] ?? name, `${ms.toFixed(1)} ms`] as const,
      ),
      ...Object.entries(errors).map(([kind, count]) => [`error: ${kind}`, String(count)] as const),
    ],
    at: seconds.map((s) => s.at),
    plots: plotsOf(seconds),
  });
}

/** One HTML file, readable without a network. */
export function renderPage({ title, facts, at, plots }: Page): string {
  const uplot = path.dirname(require.resolve('uplot/package.json'));
  const script = readFileSync(path.join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(path.join(uplot, 'dist/uPlot.min.css'), 'utf8');
  const data = { at, plots };
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2433}
h1{font-size:1.4rem}h2{font-size:1rem;margin:1.6rem 0 .2rem}
table{border-collapse:collapse}td{padding:.15rem 1.2rem .15rem 0;border-bottom:1px solid #e3e6ec}
td+td{text-align:right;font-variant-numeric:tabular-nums}
</style>
<h1>${escapeHtml(title)}</h1>
${table(facts)}
<div id="plots"></div>
<script>${script}</script>
<script>
const data = ${JSON.stringify(data).replaceAll('<', '\\u003c')};
const colours = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed'];
for (const plot of data.plots) {
  const heading = document.createElement('h2');
  heading.textContent = plot.title + ' (' + plot.unit + ')';
  const box = document.createElement('div');
  document.getElementById('plots').append(heading, box);
  new uPlot({
    width: Math.min(900, document.body.clientWidth), height: 220, scales: { x: { time: false } },
    series: [{ label: 'second' }, ...plot.series.map((s, i) => ({ label: s.label, stroke: colours[i % colours.length], width: 1.5 }))],
    axes: [{}, { size: 60 }],
  }, [data.at, ...plot.series.map((s) => s.values)], box);
}
</script>
</html>
`;
}

const LATENCY_NAMES: Record<string, string> = {
  p50: 'latency p50',
  p90: 'latency p90',
  p99: 'latency p99',
  p999: 'latency p99.9',
  max: 'latency max',
};

function plotsOf(seconds: ReportSecond[]): Plot[] {
  const processes = Object.keys(seconds[0]?.cpu ?? {});
  const perProcess = (of: 'cpu' | 'memory') =>
    processes.map((name) => ({ label: name, values: seconds.map((s) => s[of][name] ?? 0) }));
  return [
    {
      title: 'Requests sent',
      unit: 'per second',
      series: [{ label: 'sent', values: seconds.map((s) => s.sent) }],
    },
    {
      title: 'Latency',
      unit: 'ms',
      series: [
        { label: 'p50', values: seconds.map((s) => s.p50) },
        { label: 'p99', values: seconds.map((s) => s.p99) },
      ],
    },
    {
      title: 'Errors',
      unit: 'per second',
      series: [{ label: 'errors', values: seconds.map((s) => s.errors) }],
    },
    { title: 'CPU', unit: '% of a core', series: perProcess('cpu') },
    { title: 'Resident memory', unit: 'MB', series: perProcess('memory') },
  ].filter((plot) => plot.series.length > 0);
}

function table(rows: (readonly string[])[]): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
  return `<table>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
