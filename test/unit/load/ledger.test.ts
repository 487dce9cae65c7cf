import { describe, expect, it } from 'vitest';
import { inspectRecord } from '../../../load/faults/ledger';

const EVENT = { messageId: 'm-1', ip: '192.0.2.1', received_at: '2026-01-01T00:00:00.000Z', user_id: 'u-1' };

describe('what reaches Kinesis while something is broken', () => {
  it('is told by its event’s id, where the plugin has enriched it', () => {
    expect(inspectRecord(JSON.stringify(EVENT))).toEqual({ id: 'm-1' });
  });

  it.each<[string, string, RegExp]>([
    [
      'an event without the server’s fields',
      JSON.stringify({ messageId: 'm-1', ip: '192.0.2.1' }),
      /^event m-1 without received_at, user_id$/,
    ],
    ['an event without an id', JSON.stringify({ ...EVENT, messageId: undefined }), /without an event id/],
    ['a record that is no event', '{"half":', /no JSON/],
  ])('is a violation: %s', (_, text, missing) => {
    expect(inspectRecord(text).missing).toMatch(missing);
  });
});
