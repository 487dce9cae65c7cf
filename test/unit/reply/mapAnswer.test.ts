import { describe, expect, it } from 'vitest';
import { mapAnswer } from '../../../plugins/kinesis-reply/mapAnswer';

const THROTTLE = 'ProvisionedThroughputExceededException';
const OF_AWS =
  'Rate exceeded for shard shardId-000000000003 in stream secret-stream under account 123456789012.';

const failure = (status: number, __type: string, headers: Record<string, string> = {}) =>
  mapAnswer({ status, body: JSON.stringify({ __type, message: OF_AWS }), headers });
const records = (...of: (string | undefined)[]) =>
  JSON.stringify({
    FailedRecordCount: of.filter(Boolean).length,
    EncryptionType: 'KMS',
    Records: of.map((code, i) =>
      code === undefined
        ? { SequenceNumber: String(i), ShardId: 'shardId-000000000000' }
        : { ErrorCode: code, ErrorMessage: OF_AWS },
    ),
  });
const putRecords = (...of: (string | undefined)[]) =>
  mapAnswer({ status: 200, body: records(...of), headers: {} });
const stored = (i: number) => ({ SequenceNumber: String(i), ShardId: 'shardId-000000000000' });
const throttled = { ErrorCode: THROTTLE, ErrorMessage: 'too many events at the moment, send it again later' };
const failed = {
  ErrorCode: 'InternalFailure',
  ErrorMessage: 'events cannot be stored at the moment, send it again later',
};
const rejected = { ErrorCode: 'upstream_rejected', ErrorMessage: 'the event was not accepted for storage' };

describe('an answer that is a success goes out as it is:', () => {
  it.each([
    ['PutRecord', '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}'],
    ['PutRecords with all records stored', records(undefined, undefined)],
    ['PutRecords without a count', '{"Records":[{"SequenceNumber":"1","ShardId":"s"}]}'],
  ])('%s', (_, body) => {
    expect(mapAnswer({ status: 200, body, headers: {} })).toBeUndefined();
  });
});

describe('a failure of the call', () => {
  it.each([
    [400, THROTTLE, 429, 'throttled'],
    [400, `com.amazonaws.kinesis#${THROTTLE}`, 429, 'throttled'],
    [400, `com.amazonaws.kinesis.v20131202#${THROTTLE}`, 429, 'throttled'],
    [400, 'KMSThrottlingException', 429, 'throttled'],
    [400, 'LimitExceededException', 429, 'throttled'],
    [500, 'InternalFailure', 503, 'kinesis_unavailable'],
    [503, 'ServiceUnavailable', 503, 'kinesis_unavailable'],
    [500, 'NeverHeardOfException', 503, 'kinesis_unavailable'],
    [400, 'ExpiredTokenException', 502, 'upstream_rejected'],
    [403, 'InvalidSignatureException', 502, 'upstream_rejected'],
    [400, 'AccessDeniedException', 502, 'upstream_rejected'],
    [400, 'ResourceNotFoundException', 502, 'upstream_rejected'],
    [400, 'ValidationException', 502, 'upstream_rejected'],
    [400, 'InvalidArgumentException', 502, 'upstream_rejected'],
    [400, 'KMSDisabledException', 502, 'upstream_rejected'],
    [400, 'NeverHeardOfException', 502, 'upstream_rejected'],
  ])('%i %s is answered %i %s, with nothing of AWS’s', (status, type, answered, code) => {
    const reply = failure(status, type)!;
    expect(reply.status).toBe(answered);
    expect(JSON.parse(reply.body)).toEqual({ error: { code, message: expect.any(String) } });
    expect(reply.refused).toBe(code);
    expect(reply.body).not.toMatch(/shard|secret-stream|1234|Exception|Internal/);
  });

  it('is known by its header where its body says nothing', () => {
    const headers = { 'x-amzn-errortype': `${THROTTLE}:http://internal.amazon.com/coral/` };
    expect(mapAnswer({ status: 400, body: '', headers })).toMatchObject({ status: 429 });
    expect(mapAnswer({ status: 400, body: '{}', headers })).toMatchObject({ status: 429 });
  });

  it.each([
    ['no body', 500, '', 503],
    ['HTML', 502, '<html><body>Bad gateway</body></html>', 503],
    ['a JSON text', 400, '"x"', 502],
    ['a type that is none', 400, '{"__type":{"a":1}}', 502],
    ['a name out of Object’s', 400, '{"__type":"constructor"}', 502],
    ['a redirect', 301, '', 502],
    ['too many requests without a name', 429, '', 429],
  ])('of %s is judged by its status', (_, status, body, answered) => {
    expect(mapAnswer({ status, body, headers: {} })).toMatchObject({ status: answered });
  });

  it('has its cause told for the log, without the account', () => {
    expect(failure(400, `com.amazonaws.kinesis#${THROTTLE}`)!.causes).toEqual([
      { code: THROTTLE, message: OF_AWS.replace('123456789012', '<account>') },
    ]);
    expect(mapAnswer({ status: 500, body: '', headers: {} })!.causes).toEqual([{ code: 'HTTP 500' }]);
  });
});

describe('PutRecords with failed records', () => {
  it('keeps their order, and what was stored; says what became of the others in words of our own', () => {
    const reply = putRecords(undefined, THROTTLE, undefined, 'InternalFailure', 'KMSDisabledException')!;
    expect(reply).toMatchObject({ status: 200, refused: undefined });
    expect(JSON.parse(reply.body)).toEqual({
      FailedRecordCount: 3,
      EncryptionType: 'KMS',
      Records: [stored(0), throttled, stored(2), failed, rejected],
    });
    expect(reply.causes).toEqual([
      { code: `${THROTTLE} of a record`, message: OF_AWS.replace('123456789012', '<account>') },
      { code: 'InternalFailure of a record', message: expect.any(String) },
      { code: 'KMSDisabledException of a record', message: expect.any(String) },
    ]);
  });

  it.each([
    ['all throttled', [THROTTLE, THROTTLE], 429, 'throttled', [throttled, throttled]],
    ['all failed', ['InternalFailure'], 503, 'kinesis_unavailable', [failed]],
    [
      'some throttled, the others failed',
      [THROTTLE, 'InternalFailure'],
      503,
      'kinesis_unavailable',
      [throttled, failed],
    ],
    ['a name out of Object’s', ['constructor'], 503, 'kinesis_unavailable', [rejected]],
  ])(
    'where none was stored (%s) is a refusal with the records beside it',
    (_, codes, status, code, Records) => {
      const reply = putRecords(...codes)!;
      expect(reply).toMatchObject({ status, refused: code });
      expect(JSON.parse(reply.body)).toEqual({
        error: { code, message: expect.any(String) },
        FailedRecordCount: codes.length,
        EncryptionType: 'KMS',
        Records,
      });
    },
  );
});

it.each([
  ['HTML', '<html>Welcome to the hotel</html>'],
  ['nothing', ''],
  ['an empty object', '{}'],
  ['null', 'null'],
])('a 200 that says %s is no success: nobody knows that a record is stored', (_, body) => {
  const reply = mapAnswer({ status: 200, body, headers: {} });
  expect(reply).toMatchObject({ status: 502, refused: 'upstream_rejected' });
  expect(reply!.causes).toEqual([{ code: 'no answer of Kinesis' }]);
});

describe('a 200 that looks like Kinesis’s, but does not say that its records are stored,', () => {
  const stored = '{"SequenceNumber":"1","ShardId":"s"}';

  it.each([
    ['no record', '{"FailedRecordCount":0,"Records":[]}'],
    ['a sequence number without a shard', '{"SequenceNumber":"1"}'],
    ['an empty shard', '{"SequenceNumber":"1","ShardId":""}'],
    ['an error beside the number', '{"SequenceNumber":"1","ShardId":"s","ErrorCode":"InternalFailure"}'],
    ['records that are none', '{"Records":[null]}'],
    ['empty records', '{"FailedRecordCount":0,"Records":[{},{}]}'],
    ['a count of failures that names none', `{"FailedRecordCount":1,"Records":[${stored}]}`],
    ['a count that is none', `{"FailedRecordCount":"0","Records":[${stored}]}`],
    [
      'an empty number beside an error',
      '{"FailedRecordCount":1,"Records":[{"SequenceNumber":"","ShardId":"","ErrorCode":"InternalFailure"}]}',
    ],
  ])('has to be sent again: %s', (_, body) => {
    const reply = mapAnswer({ status: 200, body, headers: {} })!;
    expect(reply).toMatchObject({ status: 503, refused: 'kinesis_unavailable' });
    expect(reply.body).not.toContain('SequenceNumber');
  });
});

it.each([
  ['PutRecord', '{"SequenceNumber":"1","ShardId":"s","Account":"123456789012"}'],
  [
    'PutRecord of an unknown encryption',
    '{"SequenceNumber":"1","ShardId":"s","EncryptionType":"arn:aws:kms"}',
  ],
])('what a success to %s has beside the known members does not go out', (_, body) => {
  const reply = mapAnswer({ status: 200, body, headers: {} })!;
  expect(JSON.parse(reply.body)).toEqual({ SequenceNumber: '1', ShardId: 's' });
  expect(reply).toMatchObject({ status: 200, refused: undefined, causes: [] });
});

it.each([
  ['{"Account":1,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}'],
  ['{"Records":[{"SequenceNumber":"1","ShardId":"s","ErrorCode":null,"ErrorMessage":"123456789012"}]}'],
])('what a success to PutRecords has beside the known members does not go out: %s', (body) => {
  const reply = mapAnswer({ status: 200, body, headers: {} })!;
  expect(JSON.parse(reply.body)).toEqual({
    FailedRecordCount: 0,
    Records: [{ SequenceNumber: '1', ShardId: 's' }],
  });
});
