/** How a run is told: a table in the terminal, and one HTML file with plots that needs no network. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';

export type Fact = [name: string, value: string];

export interface Plot {
  title: string;
  unit: string;
  series: { label: string; values: number[] }[];
}

export interface Report {
  title: string;
  facts: Fact[];
  /** What the plots run over, for each point: seconds, or events. */
  axis: { label: string; values: number[] };
  plots: Plot[];
}

const FOLDER = path.resolve('load/reports');

export const megabytes = (bytes: number) => Math.round(bytes / 1e6);

export function printTable(rows: readonly (readonly (string | number)[])[], head?: string[]): void {
  const table = new Table({ ...(head && { head }), style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  console.log(table.toString());
}

/** Writes a file of load/reports, named by kind and time, and says which. */
export function save(kind: string, extension: 'html' | 'json', text: string): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${kind}-${new Date().toISOString().replace(/[:.]/g, '-')}.${extension}`);
  writeFileSync(file, text);
  console.log(path.relative('.', file));
}

/** Prints the facts, and writes the page. */
export function tell(kind: string, report: Report): void {
  printTable(report.facts);
  save(kind, 'html', page(report));
}

function page({ title, facts, axis, plots }: Report): string {
  const uplot = path.dirname(require.resolve('uplot/package.json'));
  const script = readFileSync(path.join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(path.join(uplot, 'dist/uPlot.min.css'), 'utf8');
  const rows = facts.map(
    ([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`,
  );
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
<table>${rows.join('')}</table>
<div id="plots"></div>
<script>${script}</script>
<script>
const data = ${JSON.stringify({ axis, plots }).replaceAll('<', '\\u003c')};
const colours = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed'];
for (const plot of data.plots) {
  const heading = document.createElement('h2');
  heading.textContent = plot.title + ' (' + plot.unit + ')';
  const box = document.createElement('div');
  document.getElementById('plots').append(heading, box);
  new uPlot({
    width: Math.min(900, document.body.clientWidth), height: 220,
    // From zero, or noise looks like growth.
    scales: { x: { time: false }, y: { range: (_, min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    series: [{ label: data.axis.label }, ...plot.series.map((s, i) => ({ label: s.label, stroke: colours[i % colours.length], width: 1.5 }))],
    axes: [{}, { size: 60 }],
  }, [data.axis.values, ...plot.series.map((s) => s.values)], box);
}
</script>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
