/** docs/record.md and docs/record.schema.json say the same, and what the plugin's configuration says. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FIELDS } from '../../../plugins/kinesis-ingest/config/schema';
import { type Described, faultsOf, RECORD_SCHEMA } from '../../support/recordSchema';

const text = readFileSync('docs/record.md', 'utf8');
const refusals = readFileSync('plugins/kinesis-ingest/refusals.ts', 'utf8');
const { $defs } = RECORD_SCHEMA;

/** The first table under a heading: its rows, by the names of its columns. */
function tableUnder(heading: string): Record<string, string>[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  const lines = section.slice(section.indexOf('| field |')).split('\n');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const end = lines.findIndex((line) => !line.startsWith('|'));
  const columns = cells(lines[0]!);
  return lines
    .slice(2, end)
    .map((line) => Object.fromEntries(cells(line).map((cell, i) => [columns[i]!, cell])));
}

const bare = (cell: string) => cell.replaceAll('`', '');

function typeOf({ $ref, type, anyOf, enum: values }: Described): string {
  if ($ref !== undefined) return typeOf($defs[$ref.split('/').at(-1) as keyof typeof $defs]);
  return type ?? values?.join(', ') ?? anyOf!.map(typeOf).join(' or ');
}

const fieldsOf = (part: Described) =>
  Object.entries(part.properties!).map(([name, field]) => ({
    name,
    // Of an enumeration without a type only strings are left.
    type: name === 'reason' ? 'string' : typeOf(field),
    always: part.required!.includes(name),
  }));

describe.each([
  ["The server's fields", 'event', 'every event'],
  ["The client's members", 'trackerEvent', 'every event'],
  ['Bad events', 'badEvent', 'every record'],
] as const)('the table under “%s”', (heading, part, everywhere) => {
  it(`has the fields of ${part}, with their types, and says which are always there`, () => {
    const rows = tableUnder(heading).map((row) => ({
      name: bare(row.field!),
      type: bare(row.type!),
      always: row.in === everywhere,
    }));
    expect(rows).toEqual(fieldsOf($defs[part]));
  });
});

describe('the server’s fields', () => {
  it('have the default names of the settings that name them', () => {
    for (const row of tableUnder("The server's fields")) {
      const setting = FIELDS[bare(row['name set by']!) as keyof typeof FIELDS];
      const name = bare(row.field!);
      if (setting === FIELDS.header_fields) expect(Object.values(setting.default)).toContain(name);
      else if (setting === FIELDS.event_id_field) expect(setting.description).toContain(`\`${name}\` with`);
      else if (!('default' in setting)) expect(row.in).toContain('with the setting');
      else expect((setting as { default: string }).default).toBe(name);
    }
    const headers = Object.values(FIELDS.header_fields.default);
    expect(Object.keys($defs.event.properties!)).toEqual(expect.arrayContaining(headers));
  });
});

describe('a bad event’s reasons', () => {
  it('are those that refusals.ts calls the client’s text’s fault', () => {
    const codes = [...refusals.matchAll(/^ {2}(\w+): \{ \.\.\.BAD_EVENT/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    expect($defs.badEvent.properties!.reason!.enum).toEqual(codes);
  });
});

describe('the schema', () => {
  const EVENT = { ip: '192.0.2.1', received_at: '2026-11-28T12:00:00.000Z' };
  const BAD = { ...EVENT, reason: 'invalid_json', message: 'm', raw: '{', truncated: false };

  it('takes an event and a bad one', () => {
    expect(faultsOf(EVENT, 'event')).toEqual([]);
    expect(faultsOf({ ...EVENT, ip: '2001:db8:1::' }, 'event')).toEqual([]);
    expect(faultsOf(BAD, 'badEvent')).toEqual([]);
  });

  it.each([
    ['an address that is none', { ...EVENT, ip: 'localhost' }, 'event'],
    ['another form of time', { ...EVENT, received_at: '2026-11-28T12:00:00Z' }, 'event'],
    ['a user id that is none', { ...EVENT, user_id: 'a b' }, 'event'],
    ['an empty event id', { ...EVENT, event_id: '' }, 'event'],
    ['an event of the tracker without its session', { ...EVENT, type: 'page' }, 'trackerEvent'],
    ['a bad event with a member more', { ...BAD, user_id: 'u' }, 'badEvent'],
    ['a bad event without a text', { ...BAD, raw: undefined }, 'badEvent'],
    ['an unknown reason', { ...BAD, reason: 'throttled' }, 'badEvent'],
  ] as const)('refuses %s', (_, record, part) => {
    const json = JSON.parse(JSON.stringify(record)) as unknown;
    expect(faultsOf(json, part)).not.toEqual([]);
  });
});
