/** The commands of kinesis-ingest-contracts, from files to files. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkEvents } from '../../../../tools/contracts/checkEvents';
import { inferContracts } from '../../../../tools/contracts/inferContracts';
import { loadContracts } from '../../../../tools/contracts/loadContracts';
import { readEvents } from '../../../../tools/contracts/readEvents';
import { typesOf } from '../../../../tools/contracts/typesOf';
import { contractFolderForTest, FITTING, PRODUCT_ADDED, VIOLATING } from '../../../support/contractFiles';

function fileWith(text: string): string {
  const file = path.join(contractFolderForTest({}), 'events.ndjson');
  writeFileSync(file, text);
  return file;
}
async function all(file: string): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const { event } of readEvents([file])) events.push(event);
  return events;
}

describe('events are read', () => {
  it.each([
    ['from lines', '{"a":1}\r\n\n{"a":2}', [{ a: 1 }, { a: 2 }]],
    ['from an array', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ['from what tail prints', '2026-11-28T12:00:00.000Z shardId-000000000001 key {"a":1}', [{ a: 1 }]],
    ['and what npm says before it is none', '\n> a@1.0.0 tail\n> node tail.js\n\n{"a":1}', [{ a: 1 }]],
    ['from the live view', '{"events":[{"outcome":"stored","event":{"a":1}}],"counts":{}}', [{ a: 1 }]],
  ])('%s', async (_, text, events) => {
    expect(await all(fileWith(text))).toEqual(events);
  });

  it('and where a line is none, it is said which', async () => {
    await expect(all(fileWith('{}\n{"a":'))).rejects.toThrow(/events\.ndjson:2: no JSON/);
  });
});

it('check tells what is wrong, and counts', async () => {
  const file = fileWith(
    [FITTING, VIOLATING, { type: 'page' }].map((event) => JSON.stringify(event)).join('\n'),
  );
  const told: unknown[] = [];
  const contracts = await loadContracts(contractFolderForTest());
  const summary = await checkEvents(readEvents([file]), contracts, {}, (...args) => told.push(args));
  expect(summary).toEqual({ ok: 1, violated: 1, unknown: 1 });
  expect(told).toEqual([[`${file}:2`, 'Product Added (version 2)', ['/properties/price must be number']]]);
});

it('infer drafts contracts that its own events fit', async () => {
  const events = [
    { ...FITTING, ip: '192.0.2.1', timestamp: '2026-11-28T12:00:00.000Z', n: [1, 'a'] },
    { ...VIOLATING, timestamp: '2026-11-28T12:00:00.000Z', extra: null },
    { type: 'page' },
    { no: 'name' },
  ];
  const file = fileWith(events.map((event) => JSON.stringify(event)).join('\n'));
  const drafts = await inferContracts(readEvents([file]), new Set(['ip']));
  expect([...drafts.keys()]).toEqual(['Product Added', 'page']);
  expect(drafts.get('Product Added')).toMatchObject({
    'x-event': 'Product Added',
    required: ['type', 'event', 'properties', 'timestamp'],
    properties: {
      properties: { required: ['sku', 'price'], properties: { price: { type: ['integer', 'string'] } } },
      timestamp: { type: 'string', format: 'date-time' },
      n: { type: 'array', items: { type: ['integer', 'string'] } },
      extra: { type: 'null' },
    },
  });
  expect(JSON.stringify([...drafts])).not.toContain('"ip"');
  const drafted = Object.fromEntries([...drafts.values()].map((draft, i) => [`${i}.json`, draft]));
  const contracts = await loadContracts(contractFolderForTest(drafted));
  expect(await checkEvents(readEvents([file]), contracts, {}, () => undefined)).toEqual({
    ok: 3,
    violated: 0,
    unknown: 1,
  });
});

describe('types', () => {
  it('are those that the demo’s shop has', async () => {
    const types = await typesOf(await loadContracts('demo/contracts'));
    expect(types).toBe(readFileSync('demo/contracts/events.ts', 'utf8'));
  });

  it('are of the newest versions of tracked events, with what they refer to', async () => {
    const folder = contractFolderForTest({
      'new.json': {
        ...PRODUCT_ADDED,
        properties: { properties: { $ref: 'common.json#/$defs/added' } },
      },
      'old.json': { ...PRODUCT_ADDED, 'x-version': 1 },
      'common.json': {
        $defs: { added: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } },
      },
      'page.json': { 'x-event': 'page', type: 'object' },
    });
    const types = await typesOf(await loadContracts(folder));
    expect(types).toMatch(/'Product Added': \{\s+n: number;/);
    expect(types).not.toMatch(/page|sku/);
  });
});
