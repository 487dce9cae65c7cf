import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { V8_FLAGS } from '../../../pluginserver/v8Flags';

test('this Node.js knows every flag: one that it does not know is only written to standard error', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const names = V8_FLAGS.map((flag) => flag.replace(/^--(no-)?/, '').replace(/=.*/, ''));
  expect(names.filter((name) => !options.includes(`--${name} `))).toEqual([]);
});
