/** The fault matrix as a table: the one that docs/reliability.md shows. */

import { mb, type Verdict } from './judge';
import type { DeliveryMode } from './rig';

export interface Row extends Verdict {
  name: string;
  title: string;
  delivery: DeliveryMode;
}

const HEAD = [
  'fault',
  'delivery',
  'sent',
  'acknowledged',
  'of these not stored',
  'stored, twice',
  'refused',
  'slowest, s',
  'recovery, s',
  'memory, MB',
  'promises broken',
];

export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map(cellsOf).map((cells) => `| ${cells.join(' | ')} |`);
  return [`| ${HEAD.join(' | ')} |`, `|${' --- |'.repeat(HEAD.length)}`, ...lines].join('\n');
}

function cellsOf(row: Row): string[] {
  const { memory, recoveryMs, refused } = row;
  return [
    row.title,
    row.delivery,
    String(row.sent),
    String(row.acknowledged),
    String(row.lost),
    `${row.stored}, ${row.storedTwice}`,
    Object.entries(refused)
      .map(([outcome, count]) => `${outcome}: ${count}`)
      .join(', ') || '0',
    (row.slowestMs / 1000).toFixed(1),
    recoveryMs === undefined ? '–' : (recoveryMs / 1000).toFixed(1),
    `${mb(memory.before)}, ${mb(memory.peak)}, ${mb(memory.after)}`,
    row.broken.length === 0 ? 'none' : `**${row.broken.join('; ')}**`,
  ];
}
