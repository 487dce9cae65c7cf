/** docs/install.md and examples/existing-kong say the same settings as deploy/kong.conf. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readKongConf } from '../../../tools/preflight/readKongConf';

const guide = readFileSync('docs/install.md', 'utf8');
const conf = readKongConf(readFileSync('deploy/kong.conf', 'utf8'));
const settings = readKongConf(/```ini\n(.*?)```/s.exec(guide)![1]!);
const compose = parse(readFileSync('examples/existing-kong/compose.yml', 'utf8')) as {
  services: { kong: { environment: Record<string, string> } };
};

test('the lines of kong.conf are those of deploy/kong.conf', () => {
  expect(Object.keys(settings).length).toBeGreaterThan(6);
  expect(conf).toMatchObject(settings);
});

test('the `docker run` of Kong has the same settings', () => {
  const given = [...guide.matchAll(/^ {2}-e KONG_(\w+)='?(.*?)'? \\$/gm)];
  expect(Object.fromEntries(given.map(([, name, value]) => [name!.toLowerCase(), value]))).toEqual(settings);
});

test('Compose’s Kong has the same settings, and no database', () => {
  const environment = Object.entries(compose.services.kong.environment);
  const given = environment.map(([name, value]) => [name.replace('KONG_', '').toLowerCase(), value]);
  expect(Object.fromEntries(given)).toEqual({
    ...settings,
    database: 'off',
    declarative_config: '/kong.yml',
  });
});
