/** The fault matrix as the program that it is; what it finds on a real machine under load is in docs/reliability.md. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../load/faults/ledger';
import type { Row } from '../../load/faults/main';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import { startKinesisProcess } from '../../testkit/kinesis/process';
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

describe('the ledger of what has come into Kinesis', () => {
  test('has each record once, however often it is read at once, and what was stored twice twice', async () => {
    const kinesis = await startKinesisProcess({ keptCalls: 1000 });
    try {
      await put(kinesis.url, { messageId: 'before' });
      const ledger = await openLedger(kinesis);
      await put(kinesis.url, { messageId: 'm-1' });
      await Promise.all([ledger.read(), ledger.read()]);
      expect(ledger.stored.ids).toEqual(['m-1']);
      await put(kinesis.url, { messageId: 'm-2' });
      await put(kinesis.url, { messageId: 'm-2' });
      await ledger.read();
      expect(ledger.stored).toMatchObject({ ids: ['m-1', 'm-2', 'm-2'], calls: 3 });
    } finally {
      await kinesis.stop();
    }
  });

  test('names what should never have come, also in calls that were refused', async () => {
    const kinesis = await startKinesisProcess({ keptCalls: 1000 });
    try {
      const ledger = await openLedger(kinesis);
      await kinesis.functions.fail({ status: 500, type: 'InternalFailure' });
      await put(kinesis.url, { messageId: 'raw', ip: undefined });
      await put(kinesis.url, { messageId: 'unsigned' }, { authorization: '' });
      await kinesis.functions.fail(null);
      await put(kinesis.url, { messageId: 'deleted' }, { 'x-amz-target': 'Kinesis_20131202.DeleteIt' });
      await ledger.read();
      const { ids, violations, examples } = ledger.stored;
      expect(ids).toEqual([]);
      // The signatures of the others are wrong, since nothing was signed.
      expect(violations).toBe(5);
      expect(examples).toEqual(
        expect.arrayContaining([expect.stringMatching(/no signature/), 'event raw without ip']),
      );
    } finally {
      await kinesis.stop();
    }
  });
});

/** Signed in form only, which is enough to be stored. */
async function put(url: string, changes: object, headers: Record<string, string> = {}): Promise<void> {
  const event = { ip: '192.0.2.1', received_at: new Date().toISOString(), user_id: 'u', ...changes };
  const Data = Buffer.from(JSON.stringify(event)).toString('base64');
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${TEST_CREDENTIALS.accessKeyId}/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      'x-amz-target': 'Kinesis_20131202.PutRecord',
      ...headers,
    },
    body: JSON.stringify({ StreamName: 'clickstream', PartitionKey: 'k', Data }),
  });
  await answer.text();
}
