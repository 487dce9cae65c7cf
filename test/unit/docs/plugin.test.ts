/** docs/plugin.md: what it says of the plugin, and that each example is the same in every dialect. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { Priority } from '../../../plugins/kinesis-ingest';
import { dialectsOf, type PluginExample } from '../../support/pluginExample';

const PAGE = readFileSync('docs/plugin.md', 'utf8');
const examples = PAGE.split(/^### /m)
  .slice(1)
  .map((section) => ({ title: section.split('\n')[0]!, section }));

test('the page says the plugin’s own priority', () => {
  expect(PAGE).toContain(`\`access\`, ${Priority}:`);
});

describe.each(examples)('the example "$title"', ({ section }) => {
  const yaml = /```yaml\n(.*?)```/s.exec(section)![1]!;
  const example = parse(yaml) as PluginExample;

  test('is the same in all dialects', () => {
    expect(section.slice(section.indexOf(yaml) + yaml.length + 3).trim()).toBe(dialectsOf(example).trim());
  });

  test('is written as decK writes it', () => {
    expect(yaml).toBe(stringify(example));
  });
});
