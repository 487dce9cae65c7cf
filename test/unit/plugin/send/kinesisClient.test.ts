import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../plugins/kinesis-ingest/clock';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { StaticCredentials } from '../../../../plugins/kinesis-ingest/config/credentialsConfig';
import type { CredentialsSource } from '../../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import { failureLog } from '../../../../plugins/kinesis-ingest/kinesis/failureLog';
import { Refusal } from '../../../../plugins/kinesis-ingest/refusals';
import { connectionsTo } from '../../../../plugins/kinesis-ingest/send/connections';
import { kinesisClient } from '../../../../plugins/kinesis-ingest/send/kinesisClient';
import type { Fault } from '../../../../testkit/kinesis/fault';
import { type Kinesis, startKinesis } from '../../../../testkit/kinesis/startKinesis';
import { capturedLog } from '../../../support/plugin/capturedLog';
import { credentialsOf, EXAMPLE_CREDENTIALS, pluginConfig } from '../../../support/plugin/examples';

const TIMEOUT_MS = 400;
const MINUTE = 60_000;

let kinesis: Kinesis;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  kinesis = await startKinesis();
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  await kinesis.close();
});

function clientWith(credentials: CredentialsSource = credentialsOf(() => EXAMPLE_CREDENTIALS), aheadMs = 0) {
  const { log, entries, text } = capturedLog();
  const { endpoint, region } = parseConfig(pluginConfig({ endpoint: kinesis.url }));
  const client = kinesisClient({
    endpoint,
    region,
    credentials,
    timeoutMs: TIMEOUT_MS,
    connections: connectionsTo(endpoint, 4, TIMEOUT_MS),
    failures: failureLog(log),
    clock: { ...systemClock, now: () => Date.now() + aheadMs },
  });
  closing.push(() => client.close());
  const put = (...texts: string[]) => putInto('clickstream', ...texts);
  const putInto = (stream: string, ...texts: string[]) =>
    client.putRecords(
      stream,
      texts.map((text) => ({ partitionKey: 'k', data: Buffer.from(text) })),
    );
  return { put, putInto, entries, text };
}

describe('connections', () => {
  it('are each stream’s own: one that hangs takes none of another’s', async () => {
    kinesis.script(({ stream }) => (stream === 'hanging' ? { delayMs: TIMEOUT_MS * 10 } : undefined));
    const { putInto } = clientWith();
    let hung = 0;
    const hanging = Array.from({ length: 20 }, () => putInto('hanging', 'x').finally(() => hung++));
    expect(await putInto('clickstream', 'a')).toEqual([STORED]);
    expect(hung).toBe(0);
    await Promise.all(hanging);
  });
});

const STORED = { SequenceNumber: expect.any(String) as unknown, ShardId: 'shardId-000000000000' };

describe('an answer', () => {
  it('says of each record in turn what became of it', async () => {
    kinesis.script(({ records }) => ({
      failing: (record) => Buffer.from(record.Data, 'base64').toString() !== 'b' && records.length === 3,
      errorCode: 'ProvisionedThroughputExceededException',
    }));
    const { put, entries, text } = clientWith();
    const throttled = { kind: 'throttled', code: 'ProvisionedThroughputExceededException' };
    expect(await put('a', 'b', 'c')).toEqual([throttled, STORED, throttled]);
    expect(entries).toMatchObject([{ level: 50, ...throttled, msg: 'Kinesis has not taken a record' }]);
    expect(text()).not.toMatch(/123456789012|shardId/);
    expect(kinesis.stored.map(({ data }) => data)).toEqual(['b']);
    expect(await kinesis.signatureFaults()).toEqual([]);
  });

  it.each<[string, Fault, { kind: string; code: unknown }]>([
    ['a 500', { status: 500, type: 'InternalFailure' }, { kind: 'unavailable', code: 'InternalFailure' }],
    ['a 503 of a proxy', { status: 503, type: '' }, { kind: 'unavailable', code: 'HTTP 503' }],
    [
      'a throttled call',
      { status: 400, type: 'com.amazonaws.kinesis#LimitExceededException' },
      { kind: 'throttled', code: 'LimitExceededException' },
    ],
    [
      'a refused record',
      { status: 400, type: 'ValidationException' },
      { kind: 'invalid', code: 'ValidationException' },
    ],
    [
      'an unknown stream',
      { status: 400, type: 'ResourceNotFoundException' },
      { kind: 'rejected', code: 'ResourceNotFoundException' },
    ],
    ['a connection that is cut', { cut: 'before' }, { kind: 'unavailable', code: 'UND_ERR_SOCKET' }],
    ['an answer that is cut', { cut: 'midway' }, { kind: 'unavailable', code: expect.any(String) }],
    [
      'an answer that does not come',
      { delayMs: TIMEOUT_MS + 300 },
      { kind: 'unavailable', code: 'Error: no answer in 400 ms' },
    ],
    [
      'what is no JSON',
      { body: '<html>' },
      { kind: 'unavailable', code: expect.stringMatching(/^SyntaxError/) },
    ],
    [
      'what is no JSON and names the account',
      { body: '[no 123456789012]' },
      { kind: 'unavailable', code: 'SyntaxError: Unexpected token in what is not valid JSON' },
    ],
    [
      'a result of no known kind that names the account',
      { body: `{"Records":${JSON.stringify(Array(2).fill({ ErrorCode: 'of 123456789012' }))}}` },
      { kind: 'rejected', code: 'of <account>' },
    ],
    ['nothing', { body: '' }, { kind: 'unavailable', code: expect.stringMatching(/^SyntaxError/) }],
    ['null', { body: 'null' }, { kind: 'unavailable', code: 'Error: an answer to other records' }],
    [
      'results of other records',
      { body: '{"Records":[{"SequenceNumber":"1","ShardId":"s"}]}' },
      { kind: 'unavailable', code: 'Error: an answer to other records' },
    ],
    [
      'results that say nothing',
      { body: '{"Records":[null,{"SequenceNumber":5}]}' },
      { kind: 'unavailable', code: 'no result' },
    ],
    [
      'records that are half stored',
      { body: '{"Records":[{"SequenceNumber":"1","ShardId":""},{"SequenceNumber":"1"}]}' },
      { kind: 'unavailable', code: 'no result' },
    ],
    [
      'failures beside empty numbers',
      {
        body: `{"FailedRecordCount":2,"Records":${JSON.stringify(
          Array(2).fill({ SequenceNumber: '', ShardId: '', ErrorCode: 'InternalFailure' }),
        )}}`,
      },
      { kind: 'unavailable', code: 'InternalFailure' },
    ],
    [
      'failures beside numbers',
      {
        body: `{"FailedRecordCount":2,"Records":${JSON.stringify(
          Array(2).fill({ SequenceNumber: '1', ShardId: 's', ErrorCode: 'InternalFailure' }),
        )}}`,
      },
      { kind: 'unavailable', code: 'InternalFailure' },
    ],
    [
      'a count of failures that no record has',
      {
        body: `{"FailedRecordCount":1,"Records":${JSON.stringify(
          Array(2).fill({ SequenceNumber: '1', ShardId: 's' }),
        )}}`,
      },
      { kind: 'unavailable', code: 'no result' },
    ],
    ['a plain 413', { status: 413, body: '<html>' }, { kind: 'invalid', code: 'HTTP 413' }],
    [
      'more than an answer can have',
      { body: `"${'x'.repeat(3 * 1024 * 1024)}"` },
      { kind: 'unavailable', code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' },
    ],
  ])('that is %s is told for every record, in one line of the log', async (_, fault, failure) => {
    kinesis.script(() => fault);
    const { put, entries, text } = clientWith();
    expect(await put('a', 'b')).toEqual([failure, failure]);
    expect(await put('a', 'b')).toEqual([failure, failure]);
    expect(entries).toMatchObject([{ level: 50, stream: 'clickstream', ...failure }]);
    expect(text()).not.toMatch(/123456789012|wJalrXUtnFEMI|AWS4-HMAC/);
  });

  it('may not come because nobody listens', async () => {
    const { put } = clientWith();
    await kinesis.close();
    expect(await put('a')).toEqual([{ kind: 'unavailable', code: 'ECONNREFUSED' }]);
    kinesis = await startKinesis();
  });
});

describe('a clock that is off', () => {
  it.each([
    ['behind', -10 * MINUTE],
    ['ahead', 60 * MINUTE],
  ])('by minutes is told by AWS’s and corrected from then on: %s', async (_, aheadMs) => {
    const { put, entries } = clientWith(undefined, aheadMs);
    expect(await put('a')).toEqual([STORED]);
    expect(await put('b')).toEqual([STORED]);
    expect(kinesis.calls).toHaveLength(3);
    expect(kinesis.stored.map(({ data }) => data)).toEqual(['a', 'b']);
    expect(entries).toMatchObject([{ skewSeconds: expect.closeTo(-aheadMs / 1000, -1) as unknown }]);
  });

  it('costs none of the calls that are under way when it is noticed', async () => {
    const { put } = clientWith(undefined, -10 * MINUTE);
    const results = await Promise.all(Array.from({ length: 16 }, (_, i) => put(`e${i}`)));
    expect(results).toEqual(Array(16).fill([STORED]));
    expect(kinesis.stored).toHaveLength(16);
  });

  it('and is put right again is noticed too', async () => {
    const { put } = clientWith();
    kinesis.setClock(20 * MINUTE);
    expect(await put('a')).toEqual([STORED]);
    kinesis.setClock(0);
    expect(await put('b')).toEqual([STORED]);
    expect(kinesis.calls).toHaveLength(4);
  });

  it('is not why a signature is refused while both clocks agree', async () => {
    kinesis.script(() => ({ status: 400, type: 'InvalidSignatureException' }));
    const { put } = clientWith();
    expect(await put('a')).toEqual([{ kind: 'skewed', code: 'InvalidSignatureException' }]);
    expect(kinesis.calls).toHaveLength(1);
  });
});

describe('credentials', () => {
  /** Hands out keys by their number; `renew` goes on to the next where there is one. */
  function numberedKeys(count: number) {
    let current = 1;
    const keys = new Map<number, StaticCredentials>();
    for (let n = 1; n <= count; n++) keys.set(n, { ...EXAMPLE_CREDENTIALS, accessKeyId: `AKID${n}` });
    return {
      get: () => keys.get(current)!,
      renew(stale: StaticCredentials) {
        if (stale !== keys.get(current)) return true;
        if (current === count) return false;
        current++;
        return true;
      },
      accepted: () => undefined,
      problem: undefined,
    };
  }

  it('that have expired are renewed, and the call is signed with the new ones', async () => {
    kinesis.expire('AKID1');
    const { put } = clientWith(numberedKeys(2));
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => put(`e${i}`)));
    expect(results).toEqual(Array(8).fill([STORED]));
    expect(kinesis.calls.at(-1)!.headers.authorization).toContain('AKID2/');
  });

  it('are renewed once for a call', async () => {
    kinesis.expire('AKID1', 'AKID2');
    const { put } = clientWith(numberedKeys(3));
    expect(await put('a')).toEqual([{ kind: 'expired', code: 'ExpiredTokenException' }]);
    expect(kinesis.calls).toHaveLength(2);
  });

  it('of which there are no others are not tried again', async () => {
    kinesis.expire('AKID1');
    const { put } = clientWith(numberedKeys(1));
    expect(await put('a')).toEqual([{ kind: 'expired', code: 'ExpiredTokenException' }]);
    expect(kinesis.calls).toHaveLength(1);
  });

  it('that cannot be had are told as such', async () => {
    const refusal = new Refusal('credentials_unavailable', 'events cannot be signed at the moment');
    const { put } = clientWith(credentialsOf(() => Promise.reject(refusal)));
    expect(await put('a')).toEqual([{ kind: 'unavailable', code: 'credentials_unavailable' }]);
    expect(kinesis.calls).toEqual([]);
  });
});
