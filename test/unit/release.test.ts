/** What a release checks before it builds. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const check = (wanted: string) =>
  spawnSync(process.execPath, ['.ci/checkVersions.mjs', wanted], { encoding: 'utf8' });

test('everything says package.json’s version, but for a CHANGELOG that isn’t released yet', () => {
  const complaints = check(version).stderr.split('\n').filter(Boolean);
  expect(complaints.filter((line) => !line.startsWith('CHANGELOG.md says '))).toEqual([]);
});

test('a tag of another version is refused, and each place named', () => {
  const { status, stderr } = check('99.0.0');
  expect(status).toBe(1);
  expect(stderr).toContain(`plugins/kinesis-ingest says ${version}, not 99.0.0`);
  expect(stderr).toContain('kong-pluginserver --version');
});
