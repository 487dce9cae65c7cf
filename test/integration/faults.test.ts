/** The fault matrix as the program that it is; what it finds on a real machine under load is in docs/reliability.md. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Row } from '../../load/faults/table';
import { DRIVER } from '../support/startGateway';

const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function faults(...args: string[]): Promise<{ code: number; output: string; rows: Row[] }> {
  const json = path.join(folder, 'rows.json');
  const child = spawn(process.execPath, ['dist/load/faults/main.js', '--json', json, ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output, rows: JSON.parse(readFileSync(json, 'utf8')) as Row[] };
}

describe(`npm run faults (${DRIVER})`, () => {
  test('tells what was acknowledged, stored and refused while Kinesis answers 500', {
    timeout: 60_000,
  }, async () => {
    const { code, output, rows } = await faults(
      ...['--only', 'kinesis-500', '--delivery', 'proxy', '--rate', '40', '--seconds', '2'],
    );
    expect(rows).toMatchObject([{ name: 'kinesis-500', delivery: 'proxy', lost: 0, storedTwice: 0 }]);
    const { sent, acknowledged, stored, refused } = rows[0]!;
    expect(refused[500]).toBeGreaterThan(20);
    expect(acknowledged + refused[500]!).toBe(sent);
    expect(stored).toBe(acknowledged);
    expect(output).toContain('| Kinesis answers 500 for 10 s | proxy |');
    expect(code).toBe(rows[0]!.broken.length === 0 ? 0 : 1);
  });
});
