/** docs/configuration.md says what the schema says. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FIELDS, type FieldSchema } from '../../../plugins/kinesis-ingest/config/schema';

/** Cells of the table whose first column is headed `field`. */
const rows = readFileSync('docs/configuration.md', 'utf8')
  .split('| field | type | default | why |\n')[1]!
  .split('\n\n')[0]!
  .split('\n')
  .slice(1)
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, name, type, value]) => ({ name: name!.replaceAll('`', ''), type: type!, value: value! }));

/** What the cell of the type has to say, in any order. */
function typeWords({ type, one_of, between, required, encrypted, len_min, len_max }: FieldSchema): string[] {
  return [
    ...(one_of ?? []).map((value) => `\`${value}\``),
    ...(between === undefined ? [] : [`${between[0]} to ${between[1]}`]),
    ...(required ? ['required'] : []),
    ...(encrypted ? ['encrypted'] : []),
    ...(len_min === undefined ? [] : [String(len_min)]),
    ...(len_max === undefined ? [] : [`to ${len_max} characters`]),
    ...(type === 'boolean' || type === 'map' ? [type] : []),
    ...(type === 'array' ? ['list'] : []),
  ];
}

function defaultText(value: FieldSchema['default']): string {
  if (typeof value !== 'object') return `\`${value}\``;
  return Object.entries(value)
    .map(([name, path]) => `\`${name}: ${path}\``)
    .join(', ');
}

describe('the table of docs/configuration.md', () => {
  it('has each field of the schema once, and no other', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(FIELDS).sort());
  });

  it.each(rows)('says of $name which values it takes, and its default', ({ name, type, value }) => {
    const field: FieldSchema = FIELDS[name as keyof typeof FIELDS];
    for (const word of typeWords(field)) expect(type).toContain(word);
    expect(/\brequired\b/.test(type)).toBe(field.required ?? false);
    if (field.default !== undefined) expect(value).toBe(defaultText(field.default));
    // What has no default in the schema has one in words or none.
    else if (!field.description!.includes('Default: ')) expect(value).toBe('');
  });
});
