/** The descriptions in OpenAPI keep the rules of redocly.yaml. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const descriptions = readdirSync('docs')
  .map((name) => `docs/${name}`)
  .filter((file) => file.endsWith('.yaml') && /^openapi:/m.test(readFileSync(file, 'utf8')));

test.each(descriptions)('%s is a description without a problem', async (ref) => {
  const { lint, loadConfig } = await import('@redocly/openapi-core');
  const problems = await lint({ ref, config: await loadConfig({ configPath: 'redocly.yaml' }) });
  expect(
    problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer })),
  ).toEqual([]);
});

test('there are some', () => expect(descriptions).toContain('docs/openapi.yaml'));
