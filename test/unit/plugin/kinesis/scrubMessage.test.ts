import { describe, expect, it } from 'vitest';
import { scrubMessage } from '../../../../plugins/kinesis-ingest/kinesis/scrubMessage';

describe('a message of AWS’s in our log', () => {
  it.each([
    [
      'Rate exceeded for shard shardId-000000000003 in stream clickstream under account 123456789012.',
      'Rate exceeded for shard shardId-000000000003 in stream clickstream under account <account>.',
    ],
    [
      'User: arn:aws:sts::123456789012:assumed-role/door/i-1 is not authorized to perform: kinesis:PutRecord on resource: arn:aws-cn:kinesis:us-east-1:123456789012:stream/s because',
      'User: <arn> is not authorized to perform: kinesis:PutRecord on resource: <arn> because',
    ],
    ['The key ASIAIOSFODNN7EXAMPLE is not known', 'The key <key id> is not known'],
    [
      `token IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD1 has expired`,
      'token <removed> has expired',
    ],
    [
      `SyntaxError: Unexpected token 'w', ..."sKey": wJalrXUtnF"... is not valid JSON`,
      'SyntaxError: Unexpected token in what is not valid JSON',
    ],
    [`signature ${'a1'.repeat(32)} does not match`, 'signature <removed> does not match'],
    [
      "The request signature we calculated does not match.\n\nThe Canonical String was\n'POST\n/\nx-amz-security-token:secret'",
      'The request signature we calculated does not match.',
    ],
  ])('%s', (message, scrubbed) => {
    expect(scrubMessage(message)).toBe(scrubbed);
  });

  it('is of a bounded length', () => {
    expect(scrubMessage('long '.repeat(1000))).toHaveLength(300);
  });
});
