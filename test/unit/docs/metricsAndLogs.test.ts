/** docs/metrics-and-logs.md lists all that can be logged and measured, and nothing else. */

import { readFileSync } from 'node:fs';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createInstanceRegistry } from '../../../pluginserver/instances';
import { collectLevels } from '../../../pluginserver/observe/metrics';
import { createWorkerReports } from '../../../pluginserver/observe/reports';
import '../../../plugins/kinesis-ingest/KinesisIngest';
import { exposeContracts } from '../../../plugins/kinesis-ingest/metrics';
import '../../../plugins/kinesis-reply';
import { logCalls } from '../../support/logCalls';
import { plentyOfMemory } from '../../support/plentyOfMemory';
import { capturedLog } from '../../support/plugin/capturedLog';

const text = readFileSync('docs/metrics-and-logs.md', 'utf8');

/** The cells of the rows whose first cell is code. */
function rowsUnder(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`there is no section ${heading}`);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const bare = (cell: string) => cell.replaceAll('`', '');
const names = (cell: string) =>
  bare(cell)
    .split(', ')
    .filter((name) => name !== '')
    .sort();

describe('log lines', () => {
  const calls = logCalls('pluginserver', 'plugins');
  const rows = rowsUnder('Log lines').map(([message, level, fields]) => ({
    message: bare(message!),
    level: bare(level!),
    fields: names(fields!),
  }));

  it('are found in the sources', () => {
    expect(calls.length).toBeGreaterThan(20);
  });

  it.each(calls.map((call) => [call.level, call.message, call] as const))(
    '%s “%s” has its row, with its fields',
    (level, message, { place, fields }) => {
      const row = rows.find((each) => each.message === message && each.level === level);
      expect(row, `${place}: docs/metrics-and-logs.md has no row for ${level} ${message}`).toBeDefined();
      if (fields !== undefined) expect(row!.fields, place).toEqual(expect.arrayContaining(fields));
    },
  );

  it('are all that the table has', () => {
    const known = new Set(calls.map(({ level, message }) => `${level} ${message}`));
    expect(rows.map(({ level, message }) => `${level} ${message}`).filter((row) => !known.has(row))).toEqual(
      [],
    );
  });
});

describe('metrics', () => {
  const server = { runningEvents: 0, connections: 0, stop: async () => undefined };
  collectLevels(
    ['access'],
    server,
    createInstanceRegistry([], capturedLog().log, plentyOfMemory()),
    plentyOfMemory(),
  );
  createWorkerReports();
  exposeContracts(() => ({ all: [], unknown: 0, loadedAt: 0, isBehind: false }));
  interface Registered {
    name: string;
    type: unknown;
    labelNames?: readonly string[];
  }
  const registered = (register.getMetricsAsArray() as unknown as Registered[])
    .filter(({ name }) => !/^(?:process|nodejs)_/.test(name))
    .map(({ name, type, labelNames = [] }) => ({ name, type: String(type), labels: [...labelNames].sort() }));
  const rows = rowsUnder('Metrics').map(([name, type, labels]) => ({
    name: bare(name!),
    type: bare(type!),
    labels: names(labels!),
  }));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

  it('are those of the registry, with type and labels', () => {
    expect(rows.sort(byName)).toEqual(registered.sort(byName));
  });
});
