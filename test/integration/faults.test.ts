/** The fault matrix as the program that it is; what it finds on a real machine under load is in docs/reliability.md. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { STATIC_KEY_ID } from '../../load/faults/keys';
import { startStandIn } from '../../load/faults/kinesis/standIn';
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

test('the stand-in for Kinesis tells each record once, however many ask at once', async () => {
  const standIn = await startStandIn();
  try {
    await putRecord(standIn.url, 'm-1');
    const both = await Promise.all([standIn.newRecords(), standIn.newRecords()]);
    expect(both).toEqual([['m-1'], []]);
    await putRecord(standIn.url, 'm-2');
    expect(await standIn.newRecords()).toEqual(['m-2']);
  } finally {
    await standIn.stop();
  }
});

/** Signed in form only, which is enough to be stored, and counts as a violation. */
async function putRecord(url: string, messageId: string): Promise<void> {
  const event = { messageId, ip: '192.0.2.1', received_at: new Date().toISOString(), user_id: 'u' };
  const Data = Buffer.from(JSON.stringify(event)).toString('base64');
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${STATIC_KEY_ID}/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      'x-amz-target': 'Kinesis_20131202.PutRecord',
    },
    body: JSON.stringify({ StreamName: 'clickstream', PartitionKey: 'k', Data }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
}
