/** examples/playwright, as it stands there, in this machine's Chromium. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINE, PROGRAMS } from '../support/browser/engines';
import { describeInBrowser } from '../support/browser/trackerPage';
import { freePorts } from '../support/freePorts';
import { needs } from '../support/needs';

describeInBrowser(() => {
  let output: string;
  beforeAll(async () => {
    output = await mkdtemp(path.join(tmpdir(), 'playwright-'));
  });
  afterAll(() => rm(output, { recursive: true, force: true }));

  test('the example’s tests pass', needs(ENGINE === 'chromium', 'Chromium'), async () => {
    const [PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT] = (await freePorts(4)).map(String);
    const { stdout } = await promisify(execFile)(
      'npx',
      ['playwright', 'test', '--config', 'examples/playwright', '--output', output, '--reporter', 'json'],
      {
        env: {
          PATH: process.env.PATH,
          HOME: output,
          ...{ PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT },
          VIEW_URL: `http://127.0.0.1:${VIEW_PORT}`,
          // The example's working directory is its own folder.
          MICRO: `${process.execPath} ${path.resolve('dist/view/main.js')} --demo`,
          CHROMIUM_BIN: PROGRAMS![0],
        },
      },
    ).catch((error: { stdout: string }) => error);
    const { stats, errors } = JSON.parse(stdout) as { stats: object; errors: object[] };
    expect(errors).toEqual([]);
    expect(stats, stdout).toMatchObject({ expected: 3, unexpected: 0, flaky: 0, skipped: 0 });
  });
});
