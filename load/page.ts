/** A report: one HTML file with a table and plots over one axis, readable without a network. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Plot {
  title: string;
  unit: string;
  series: { label: string; values: number[] }[];
}

export interface Page {
  title: string;
  /** Rows of the table: a name and what it is. */
  rows: [name: string, value: string][];
  /** What the plots run over: what a point is called, and where each is. */
  axis: { label: string; values: number[] };
  plots: Plot[];
}

export function renderPage({ title, rows, axis, plots }: Page): string {
  const uplot = path.dirname(require.resolve('uplot/package.json'));
  const script = readFileSync(path.join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(path.join(uplot, 'dist/uPlot.min.css'), 'utf8');
  const data = { axis, plots };
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
${table(rows)}
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

function table(rows: string[][]): string {
  const cells = (row: string[]) => row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
  return `<table>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
