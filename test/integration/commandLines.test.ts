/** What each command says of itself, and of what it doesn't know. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../testkit/packageRoot';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

async function run(script: string, ...args: string[]) {
  const ended = promisify(execFile)(process.execPath, [compiled(script), ...args]);
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

describe.each([
  ['pluginserver/main.js', '(default: 0660)'],
  ['tools/loadKongYml/main.js', '"http://127.0.0.1:8001"'],
  ['tools/contracts/main.js', 'check [options] [files...]'],
  ['tools/preflight/main.js', '(default: all)'],
  ['load/main.js', '(default: 600)'],
  ['load/bench/main.js', '(default: 5)'],
  ['load/faults/main.js', '(default: 600)'],
  ['view/main.js', '(8080)'],
  ['examples/consumers/tail/main.js', 'clickstream'],
])('%s', (script, fact) => {
  test('shows its defaults and examples with --help', async () => {
    const { code, stdout } = await run(script, '--help');
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain(fact);
    expect(stdout).toMatch(/^Examples:\n {2}\$ /m);
  });

  test('says the package’s version', async () => {
    expect(await run(script, '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([['--no-such-option'], ['one', 'too', 'many']])('refuses %s', async (...args) => {
    const needed = script === 'pluginserver/main.js' ? ['--plugin', 'kinesis-ingest'] : [];
    const { code, stdout, stderr } = await run(script, ...needed, ...args);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^error: (unknown (option '--no-such-option'|command 'one')|.*too many arguments)/m,
    );
  });
});
