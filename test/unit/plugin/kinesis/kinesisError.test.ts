import { describe, expect, it } from 'vitest';
import {
  classifyKinesisError,
  type FailureKind,
  kindOfError,
} from '../../../../plugins/kinesis-ingest/kinesis/kinesisError';

describe('an error of Kinesis’s', () => {
  it.each<[string, FailureKind]>([
    ['ProvisionedThroughputExceededException', 'throttled'],
    ['LimitExceededException', 'throttled'],
    ['KMSThrottlingException', 'throttled'],
    ['ThrottlingException', 'throttled'],
    ['InternalFailure', 'unavailable'],
    ['ServiceUnavailable', 'unavailable'],
    ['ExpiredTokenException', 'expired'],
    ['UnrecognizedClientException', 'expired'],
    ['InvalidSignatureException', 'skewed'],
    ['RequestExpired', 'skewed'],
    ['ValidationException', 'invalid'],
    ['InvalidArgumentException', 'invalid'],
    ['SerializationException', 'invalid'],
    ['ResourceNotFoundException', 'rejected'],
    ['AccessDeniedException', 'rejected'],
    ['KMSAccessDeniedException', 'rejected'],
    ['KMSDisabledException', 'rejected'],
    ['SomethingNewException', 'rejected'],
  ])('%s means %s, in a call’s answer and in a record’s result', (code, kind) => {
    expect(classifyKinesisError(400, JSON.stringify({ __type: code }))).toEqual({ kind, code });
    expect(kindOfError(code)).toBe(kind);
  });

  it.each([
    ['the whole name', '{"__type":"com.amazonaws.kinesis#ExpiredTokenException"}', {}],
    ['a name and an address', '{"__type":"ExpiredTokenException:http://internal/"}', {}],
    ['the header', '', { 'x-amzn-errortype': 'ExpiredTokenException:http://internal/' }],
    ['the header several times', '', { 'x-amzn-errortype': ['ExpiredTokenException', 'Other'] }],
    ['the body before the header', '{"__type":"ExpiredTokenException"}', { 'x-amzn-errortype': 'Other' }],
    ['the header where the body names none', '{"__type":5}', { 'x-amzn-errortype': 'ExpiredTokenException' }],
  ])('is named by %s', (_, body, headers) => {
    expect(classifyKinesisError(400, body, headers)).toEqual({
      kind: 'expired',
      code: 'ExpiredTokenException',
    });
  });

  it.each<[number, FailureKind]>([
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [408, 'unavailable'],
    [429, 'throttled'],
    [400, 'rejected'],
    [403, 'rejected'],
    [301, 'rejected'],
  ])('without a name is known by its status: %i is %s', (status, kind) => {
    for (const body of [
      '',
      '<html>',
      'null',
      '[]',
      '{"__type":"<script>"}',
      `{"__type":"${'x'.repeat(101)}"}`,
    ])
      expect(classifyKinesisError(status, body)).toEqual({ kind, code: `HTTP ${status}` });
  });

  it.each(['message', 'Message'])('brings AWS’s %s, scrubbed, for the log', (member) => {
    const words = 'Stream s under account 123456789012 not found.\nThe Canonical String was ...';
    const body = JSON.stringify({ __type: 'ResourceNotFoundException', [member]: words });
    expect(classifyKinesisError(400, body).message).toBe('Stream s under account <account> not found.');
  });

  it('of an unknown name and a status of 500 is a fault', () => {
    expect(classifyKinesisError(500, '{"__type":"SomethingNew"}')).toEqual({
      kind: 'unavailable',
      code: 'SomethingNew',
    });
  });
});
