/** The Lambda consumer, with events as Lambda gives them, repeated as Lambda repeats them. */

import { describe, expect, it } from 'vitest';
import {
  createHandler,
  type KinesisEvent,
  type StoredEvent,
  type Surroundings,
} from '../../../examples/consumers/lambda/handler';

/** As Lambda's documentation shows it. */
function kinesisEvent(datas: (string | Buffer)[]): KinesisEvent {
  return {
    Records: datas.map((data, i) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: 'u-1',
        sequenceNumber: String(100 + i),
        data: Buffer.from(data as string).toString('base64'),
        approximateArrivalTimestamp: 1545084650.987,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `shardId-000000000000:${100 + i}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/lambda-role',
      awsRegion: 'us-east-2',
      eventSourceARN: 'arn:aws:kinesis:us-east-2:111122223333:stream/clickstream',
    })),
  };
}

function memory(isDown: (event: StoredEvent) => boolean = () => false) {
  const kept = new Map<string, string>();
  const aside: [string, string][] = [];
  const logged: object[] = [];
  const surroundings: Required<Surroundings> = {
    async keep(event) {
      if (isDown(event)) throw new Error('the table is down');
      kept.set(event.id, event.text);
    },
    putAside: async (record, reason) => void aside.push([record.kinesis.sequenceNumber, reason]),
    log: (line) => void logged.push(line),
  };
  return { kept, aside, logged, handler: createHandler(surroundings) };
}

/** Repeats as Lambda does: from the record that the answer names on. @returns how often the function ran */
async function runAsLambda(handler: ReturnType<typeof createHandler>, event: KinesisEvent): Promise<number> {
  let left = event.Records;
  for (let attempts = 1; ; attempts++) {
    const [failure] = (await handler({ Records: left })).batchItemFailures;
    if (failure === undefined) return attempts;
    left = left.slice(left.findIndex(({ kinesis }) => kinesis.sequenceNumber === failure.itemIdentifier));
    if (attempts === 10) throw new Error('it never ends');
  }
}

describe('the Lambda consumer', () => {
  it('keeps each event once, in its own text', async () => {
    const { handler, kept } = memory();
    const texts = ['{"event_id":"a","n":12345678901234567890}', '{"event_id":"b"}', '{"event_id":"b"}'];
    expect(await handler(kinesisEvent(texts))).toEqual({ batchItemFailures: [] });
    expect([...kept]).toEqual([
      ['a', texts[0]],
      ['b', texts[1]],
    ]);
  });

  it('goes by the place in the stream where an event has no id', async () => {
    const { handler, kept } = memory();
    await handler(kinesisEvent(['{}', '{"event_id":""}', '{"event_id":7}']));
    expect([...kept.keys()]).toEqual([100, 101, 102].map((n) => `shardId-000000000000:${n}`));
  });

  it('has Lambda repeat from the first record that failed, and then keeps the rest', async () => {
    let failures = 2;
    const { handler, kept, logged } = memory(({ id }) => id === 'b' && failures-- > 0);
    const event = kinesisEvent(['{"event_id":"a"}', '{"event_id":"b"}', '{"event_id":"c"}']);
    expect(await handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '101' }] });
    expect([...kept.keys()]).toEqual(['a']);
    expect(await runAsLambda(handler, event)).toBe(2);
    expect([...kept.keys()]).toEqual(['a', 'b', 'c']);
    expect(logged[0]).toEqual({
      level: 'error',
      sequenceNumber: '101',
      error: 'Error',
      message: 'the table is down',
    });
  });

  it.each([
    ['no JSON', '{"a":', 'invalid_json'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'invalid_json'],
    ['a value that is no object', '[5]', 'not_an_object'],
  ])('puts %s aside at once, and goes on', async (_, poison, reason) => {
    const { handler, kept, aside, logged } = memory();
    expect(await runAsLambda(handler, kinesisEvent([poison, '{"event_id":"a"}']))).toBe(1);
    expect(aside).toEqual([['100', reason]]);
    expect([...kept.keys()]).toEqual(['a']);
    expect(logged).toEqual([]);
  });

  it('loses no record that it could not put aside', async () => {
    const { handler } = memory();
    const failing = createHandler({
      keep: async () => undefined,
      putAside: async () => {
        throw new Error('the queue is down');
      },
      log: () => undefined,
    });
    expect(await failing(kinesisEvent(['{}', 'x']))).toEqual({
      batchItemFailures: [{ itemIdentifier: '101' }],
    });
    expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
  });
});
