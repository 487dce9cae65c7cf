import { describe, expect, it } from 'vitest';
import type { RoutedRecord } from '../../../../plugins/kinesis-ingest/events/KinesisRecord';
import { Refusal } from '../../../../plugins/kinesis-ingest/refusals';
import { MAX_RAW_BYTES, storeBadEvents } from '../../../../plugins/kinesis-ingest/send/badEvents';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { CLIENT_IP, EXAMPLE_TIME } from '../../../support/plugin/examples';

const refusal = new Refusal('invalid_utf8', 'the body is not valid UTF-8');

/** The records that are kept of refused texts. */
async function keptOf(...texts: Buffer[]) {
  const records: RoutedRecord[] = [];
  const delivery = {
    put: async (put: readonly RoutedRecord[]) => {
      records.push(...put);
      return put.map(() => ({ SequenceNumber: '1', ShardId: 's' }));
    },
  };
  await storeBadEvents(
    texts.map((text) => ({ refusal, text })),
    { stream: 'bad', delivery, ip: CLIENT_IP, receivedAt: EXAMPLE_TIME, work: plentyOfMemory().reserve() },
  );
  return records.map(({ data, ...record }) => ({
    ...record,
    event: JSON.parse(data.toString()) as { raw?: string; raw_base64?: string; truncated: boolean },
  }));
}

describe('a refused text', () => {
  it('is kept with what was wrong, when it came and from where, under a key of its own', async () => {
    const [first, second] = await keptOf(Buffer.from('{"é":'), Buffer.from('b'));
    expect(first).toEqual({
      stream: 'bad',
      partitionKey: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      event: {
        reason: 'invalid_utf8',
        message: 'the body is not valid UTF-8',
        received_at: '2015-08-30T12:36:00.000Z',
        ip: CLIENT_IP,
        raw: '{"é":',
        truncated: false,
      },
    });
    expect(second!.partitionKey).not.toBe(first!.partitionKey);
  });

  it.each([
    ['a byte that is no UTF-8', Buffer.from([0x7b, 0xff])],
    ['half a character at its end', Buffer.from('é').subarray(0, 1)],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['compressed text', Buffer.from('H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==', 'base64')],
  ])('that has %s is kept as base64', async (_, text) => {
    const [kept] = await keptOf(text);
    expect(kept!.event).toMatchObject({ raw_base64: text.toString('base64'), truncated: false });
    expect(kept!.event).not.toHaveProperty('raw');
  });

  it('is kept whole up to the limit, byte order mark and all', async () => {
    const text = `\ufeff${'x'.repeat(MAX_RAW_BYTES - 3)}`;
    expect((await keptOf(Buffer.from(text)))[0]!.event).toMatchObject({ raw: text, truncated: false });
  });

  it.each([
    ['a', 1],
    ['é', 2],
    ['漢', 3],
    ['😀', 4],
  ])('that is longer is cut at a character: %s', async (character, bytes) => {
    for (let shift = 0; shift < bytes; shift++) {
      const text = 'x'.repeat(shift) + character.repeat(MAX_RAW_BYTES + 1);
      const { raw, truncated } = (await keptOf(Buffer.from(text)))[0]!.event;
      expect(truncated).toBe(true);
      expect(text.startsWith(raw!)).toBe(true);
      expect(Buffer.byteLength(raw!)).toBeGreaterThan(MAX_RAW_BYTES - bytes);
      expect(Buffer.byteLength(raw!)).toBeLessThanOrEqual(MAX_RAW_BYTES);
    }
  });

  it('that is longer and no UTF-8 is cut at the byte', async () => {
    const [kept] = await keptOf(Buffer.alloc(MAX_RAW_BYTES + 1, 0xff));
    expect(kept!.event.truncated).toBe(true);
    expect(Buffer.from(kept!.event.raw_base64!, 'base64')).toHaveLength(MAX_RAW_BYTES);
  });

  it('shares a limit with the others of its request', async () => {
    const kept = await keptOf(...Array.from({ length: 500 }, () => Buffer.alloc(MAX_RAW_BYTES, 'x')));
    const bytes = kept.map(({ event }) => event.raw!.length);
    expect(new Set(bytes).size).toBe(1);
    expect(bytes[0]).toBeGreaterThan(2000);
    expect(bytes[0]! * 500).toBeLessThanOrEqual(1024 * 1024);
  });
});
