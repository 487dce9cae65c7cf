import { describe, expect, it } from 'vitest';
import { type IncomingCall, inspectCall } from '../../../load/faults/kinesis/inspectCall';

const EVENT = { messageId: 'm-1', ip: '192.0.2.1', received_at: '2026-01-01T00:00:00.000Z', user_id: 'u-1' };
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=ASIAFAULT1E9/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00',
  'x-amz-target': 'Kinesis_20131202.PutRecord',
};

const encoded = (event: object) => Buffer.from(JSON.stringify(event)).toString('base64');

function call(changes: Partial<IncomingCall> = {}): IncomingCall {
  const body = Buffer.from(JSON.stringify({ StreamName: 's', PartitionKey: 'k', Data: encoded(EVENT) }));
  return { method: 'POST', headers: SIGNED, body, ...changes };
}

describe('what reaches the stand-in for Kinesis', () => {
  it('is told by its key and its event, where it is a signed call', () => {
    expect(inspectCall(call())).toEqual({ accessKeyId: 'ASIAFAULT1E9', several: false, ids: ['m-1'] });
  });

  it('is told by all events of a PutRecords call', () => {
    const headers = { ...SIGNED, 'x-amz-target': 'Kinesis_20131202.PutRecords' };
    const Records = ['m-1', 'm-2'].map((messageId) => ({ Data: encoded({ ...EVENT, messageId }) }));
    const body = Buffer.from(JSON.stringify({ StreamName: 's', Records }));
    expect(inspectCall(call({ headers, body }))).toMatchObject({ several: true, ids: ['m-1', 'm-2'] });
  });

  it.each<[string, Partial<IncomingCall>, RegExp]>([
    [
      'the client’s request as it came',
      { headers: {}, body: Buffer.from(JSON.stringify(EVENT)) },
      /without a signature/,
    ],
    [
      'a signed request of another kind',
      { headers: { ...SIGNED, 'x-amz-target': 'other' } },
      /^target other$/,
    ],
    ['a body that is no call', { body: Buffer.from('{}') }, /no call/],
    [
      'an event without the server’s fields',
      { body: Buffer.from(JSON.stringify({ Data: encoded({ messageId: 'm-1', ip: '192.0.2.1' }) })) },
      /^event m-1 without received_at, user_id$/,
    ],
  ])('is a violation: %s', (_, changes, violation) => {
    expect(inspectCall(call(changes)).violation).toMatch(violation);
  });
});
