/** The flags of V8 that the plugin server is started with, wherever it is started. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { V8_FLAGS } from '../../../pluginserver/v8Flags';

test('this Node.js knows every flag: one that it does not know is only written to standard error', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const names = V8_FLAGS.map((flag) => flag.replace(/^--(no-)?/, '').replace(/=.*/, ''));
  expect(names.filter((name) => !options.includes(`--${name} `))).toEqual([]);
});

test.each(['deploy/Dockerfile', 'deploy/systemd/kinesis-ingest.service', 'package.json'])(
  '%s starts the plugin server with these flags and no others',
  (file) => {
    const commands = readFileSync(file, 'utf8')
      .replaceAll('\\\n', ' ')
      .replaceAll(/[",[\]]+/g, ' ')
      .matchAll(/\bnode\s((?:\s*--\S+)*)\s+dist\/pluginserver\/main\.js/g);
    const flags = [...commands].map(([, text]) => text!.trim().split(/\s+/));
    expect(flags).toEqual([V8_FLAGS]);
  },
);

test.each(['docker-compose.yml', 'deploy/kubernetes/values.yaml'])(
  '%s leaves the command to the image, which has them',
  (file) => {
    expect(readFileSync(file, 'utf8')).not.toContain('pluginserver/main.js');
  },
);
