/** The commands of docs/operating.md, run as they stand there. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway';
import { needs } from '../support/needs';
import { DRIVER, startGateway } from '../support/startGateway';

const GUIDE = readFileSync('docs/operating.md', 'utf8');
const SECTION = /^## Tuning limits$(.*?)^## /ms.exec(GUIDE)![1]!;
const COMMANDS = SECTION.split('\n').filter((line) => line.startsWith('curl '));

/** The sandbox's Admin API has plugins only. */
const KNOWN = DRIVER === 'sandbox' ? COMMANDS.filter((line) => line.includes('8001/plugins/')) : COMMANDS;

describe(
  '“Tuning limits” of docs/operating.md',
  needs(DRIVER !== 'kong', 'a gateway that takes writes'),
  () => {
    let gateway: GatewayUnderTest;

    beforeAll(async () => {
      gateway = await startGateway();
    });

    afterAll(() => gateway?.stop());

    test('there are commands in it', () => {
      expect(COMMANDS.length).toBeGreaterThan(10);
    });

    // In their order: later ones go by what earlier ones have made.
    test.each(KNOWN)('%s', async (command) => {
      const there = command
        .replaceAll('http://127.0.0.1:8001', gateway.adminUrl)
        .replace('--fail', '--fail-with-body -sS');
      const { stdout } = await promisify(execFile)('sh', ['-c', there]).catch((error) => {
        throw new Error(`${error.message}\n${error.stdout}`);
      });
      const answer = JSON.parse(stdout);
      for (const [, path, value] of command.matchAll(/ -d ([\w.]+)=(\S+)/g))
        expect([at(answer, path!)].flat().map(String), path).toContain(value);
      const json = / -d '(\{.*\})'/.exec(command)?.[1];
      if (json !== undefined) expect(answer).toMatchObject(JSON.parse(json));
    });
  },
);

/** What the Admin API answers at a dotted path. */
function at(answer: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Record<string, unknown>)[key], answer);
}
