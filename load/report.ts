/** A load test’s report. */

import type { LatencySummary } from './latency';
import { type Plot, renderPage } from './page';

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

export function renderReport(report: LoadReport): string {
  const facts = Object.entries(report.facts).map(([name, value]): [string, string] => [name, String(value)]);
  const latency = Object.entries(report.latency).map(([name, ms]): [string, string] => [
    LATENCY_NAMES[name] ?? name,
    `${ms.toFixed(1)} ms`,
  ]);
  const errors = Object.entries(report.errors).map(([kind, count]): [string, string] => [
    `error: ${kind}`,
    String(count),
  ]);
  return renderPage({
    title: report.title,
    rows: [...facts, ...latency, ...errors],
    axis: { label: 'second', values: report.seconds.map((s) => s.at) },
    plots: plotsOf(report.seconds),
  });
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
