/** The command lines of load/: what is no number, and what can't be reached, is told, and nothing is measured. */

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../testkit/packageRoot';
import { freePorts } from '../support/freePorts';

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiled(`load/${script}`), ...args], {
    encoding: 'utf8',
    env: { ...process.env, KONG_BIN: '' },
  });
  return { status, stdout, stderr: stderr.trim() };
}

describe('wrong use is told in one line and ends with 2:', () => {
  test.each<[string, string[], RegExp]>([
    ['main.js', ['--rate', 'abc'], /--rate <n>.*'abc' is invalid. expected a number above 0/],
    ['main.js', ['--seconds', '-5'], /--seconds <n>.*'-5' is invalid. expected a number above 0/],
    ['main.js', ['--rat', '5'], /unknown option '--rat'/],
    ['bench/main.js', ['--sizes', 'foo'], /--sizes <bytes>.*'foo' is invalid. expected a whole number/],
    ['bench/main.js', ['--memory', '10'], /--memory needs 10000 events or more/],
    ['bench/main.js', ['--kong'], /--kong needs KONG_BIN/],
    ['faults/main.js', ['--only', 'nonsense'], /--only <name...>.*Allowed choices are server-killed/],
  ])('load/%s %j', (script, args, line) => {
    const { status, stderr, stdout } = run(script, ...args);
    expect(stderr).toMatch(line);
    expect(stderr.split('\n')[0]).toMatch(/^error: /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

test('a gateway that nobody is at is an error, not a result', async () => {
  const [port] = await freePorts(1);
  const { status, stderr, stdout } = run(
    'main.js',
    '--url',
    `http://127.0.0.1:${port}/events`,
    '--rate',
    '20',
  );
  expect(stderr).toMatch(/^error: .*doesn't take events: ECONNREFUSED$/);
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test.each(['main.js', 'bench/main.js', 'faults/main.js'])('load/%s --help has every default', (script) => {
  const { status, stdout } = run(script, '--help');
  expect(status).toBe(0);
  const options = stdout.split(/\n(?= {2}-)/).slice(1);
  const valued = options.filter(
    (option) => /<\w/.test(option) && !/exit with|write|also|another build|instead/.test(option),
  );
  expect(valued.filter((option) => !/\(default|\(choices/.test(option.replace(/\s+/g, ' ')))).toEqual([]);
});
