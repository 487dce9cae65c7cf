/** The benchmark's picture: one HTML file, bars per event size. */

import type { BenchResult } from './main';
import { formatBytes } from './print';

export function renderBenchReport(result: BenchResult): string {
  const rows = result.rows.map((row) => {
    const most = Math.max(...[row.stock, row.ours, row.batch].map((m) => m.cpuMicrosPerEvent));
    const bar = (name: 'stock' | 'ours' | 'batch') => {
      const micros = row[name].cpuMicrosPerEvent;
      const width = ((micros / most) * 100).toFixed(1);
      return `<div class="bar ${name}" style="width:${width}%"></div><span>${name} ${micros.toFixed(0)} µs, ${row[name].eventsPerSecond.toFixed(0)}/s, p99 ${row[name].p99Ms.toFixed(1)} ms</span>`;
    };
    return `<tr><th>${formatBytes(row.bytes)}<br><small>${row.concurrency} at once</small></th><td>${bar('stock')}${bar('ours')}${bar('batch')}</td><td class="ratio">1 : ${(1 / row.cpuRatio).toFixed(1)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CPU of the plugin server per event</title>
<style>
body{font:14px/1.4 system-ui,sans-serif;max-width:56rem;margin:2rem auto;color:#1d2433}
table{border-collapse:collapse;width:100%}th{text-align:left;width:7rem;vertical-align:top}
td,th{padding:.5rem;border-bottom:1px solid #e3e6ec}.ratio{text-align:right;font-size:1.2rem;white-space:nowrap}
.bar{height:.7rem;border-radius:2px}.stock{background:#94a3b8}.ours{background:#2563eb}.batch{background:#059669}
</style>
<h1>CPU of the plugin server per event</h1>
<p>The stock kong-js-pluginserver and ours with the same plugin and generator; batch is ours with delivery: batch; medians of ${result.runs} runs of ${result.millis} ms, Node.js ${result.node}, ${result.date.slice(0, 10)}. Round trips per event: stock ${result.roundTrips.stock}, ours ${result.roundTrips.ours}.</p>
<table>${rows.join('')}</table>
</html>
`;
}
