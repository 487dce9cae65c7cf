/** A soak's report: what was promised, what was done, and how memory, latency and the ledgers went along. */

import { renderPage } from '../page';
import { mb } from './judge';
import type { Soak } from './soak';

export function soakFacts({ verdict, faults }: Soak): [string, string][] {
  const { memory, refused } = verdict;
  return [
    ['sent', String(verdict.sent)],
    ['acknowledged', String(verdict.acknowledged)],
    ['stored', String(verdict.stored)],
    ['stored twice', String(verdict.storedTwice)],
    ['acknowledged and not stored', String(verdict.lost)],
    [
      'refused',
      Object.entries(refused)
        .map(([outcome, count]) => `${outcome}: ${count}`)
        .join(', '),
    ],
    ['slowest answer', `${(verdict.slowestMs / 1000).toFixed(1)} s`],
    ['memory before, peak, after', `${mb(memory.before)}, ${mb(memory.peak)}, ${mb(memory.after)} MB`],
    ['promises broken', verdict.broken.join('; ') || 'none'],
    ...faults.map(({ at, title }): [string, string] => [`second ${at}`, title]),
  ];
}

export function renderSoak(soak: Soak, title: string): string {
  const { seconds } = soak;
  const series = (label: string, value: (second: Soak['seconds'][number]) => number) => ({
    label,
    values: seconds.map((second) => Math.round(value(second) * 10) / 10),
  });
  return renderPage({
    title,
    rows: soakFacts(soak),
    axis: { label: 'second', values: seconds.map(({ at }) => at) },
    plots: [
      {
        title: 'Acknowledged and stored',
        unit: 'events in total',
        series: [series('acknowledged', (s) => s.acknowledged), series('stored', (s) => s.stored)],
      },
      {
        title: 'Events',
        unit: 'per second',
        series: [series('sent', (s) => s.sent), series('refused', (s) => s.refused)],
      },
      { title: 'Latency', unit: 'ms', series: [series('p50', (s) => s.p50), series('p99', (s) => s.p99)] },
      {
        title: 'Memory of the plugin server',
        unit: 'MB',
        series: [series('resident', (s) => s.memoryBytes / 1e6)],
      },
    ],
  });
}
