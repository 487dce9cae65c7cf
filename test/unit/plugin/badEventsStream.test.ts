/** Refused events on their way into the stream for bad ones. */

import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { CLIENT_IP, EXAMPLE_TIME } from '../../support/plugin/examples';
import { handled } from '../../support/plugin/handledRequest';
import { REJECTED, scriptedClient, textsOf } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

const never = () => new Promise<never>(() => undefined);

describe('bad events', () => {
  it('are kept with reason, time, address and text; of a body that is none, the body', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    await post(plugin, { body: '[5,{}]' });
    await post(plugin, { body: '{"a":' });
    const time = (index: number) => eventsIn(client, 'bad')[index]!.received_at;
    expect(eventsIn(client, 'bad')).toEqual([
      {
        reason: 'not_an_object',
        message: 'an event must be a JSON object',
        received_at: time(0),
        ip: CLIENT_IP,
        raw: '5',
        truncated: false,
      },
      {
        reason: 'invalid_json',
        message: 'unexpected end of JSON at position 5',
        received_at: time(1),
        ip: CLIENT_IP,
        raw: '{"a":',
        truncated: false,
      },
    ]);
  });

  it.each([
    ['{"a":1}', { 'content-type': 'application/xml' }, ['unsupported_media_type']],
    ['not gzip', { 'content-encoding': 'gzip' }, ['invalid_encoding']],
    ['', {}, []],
    ['[]', {}, []],
  ])('are what the client is at fault for: %j with %j', async (body, headers, reasons) => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    vi.useRealTimers();
    await handled(plugin, { body, headers });
    await plugin.finish();
    expect(eventsIn(client, 'bad').map(({ reason }) => reason)).toEqual(reasons);
  });

  it('keep neither the good ones nor the answer waiting when their stream does not answer', async () => {
    const client = scriptedClient(function ({ stream, records }) {
      return stream === 'bad' ? never() : records.map((record) => this.store(record));
    });
    const plugin = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    const { exit, afterMs } = await post(plugin, { body: '[5,{"n":1}]' });
    expect(client.stored).toHaveLength(1);
    expect(exit).toMatchObject({ status: 200, json: { FailedRecordCount: 1 } });
    expect(afterMs).toBeLessThan(100);
  });

  it.each(['proxy', 'batch'])(
    'are answered at once, and stored before the process ends: %s',
    async (delivery) => {
      const client = scriptedClient(async function ({ records }) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return records.map((record) => this.store(record));
      });
      const plugin = pluginThrough(client, { delivery, bad_events_stream: 'bad' });
      for (const body of ['[5]', '{"a":'])
        expect((await post(plugin, { body }, 100)).afterMs).toBeLessThan(100);
      expect(client.stored).toHaveLength(0);
      const finished = plugin.finish();
      await vi.advanceTimersByTimeAsync(500);
      await finished;
      expect(client.stored).toHaveLength(2);
    },
  );

  it('of one request are no more than a share of what the queue holds, however their text is written', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, {
      delivery: 'batch',
      bad_events_stream: 'bad',
      max_body_bytes: 8 * 1024 * 1024,
    });
    // Six bytes of JSON for each of these.
    const lines = Array(500).fill('\u0001'.repeat(4_000)).join('\n');
    await post(plugin, { body: lines, headers: { 'content-type': 'application/x-ndjson' } });
    const bad = eventsIn(client, 'bad');
    expect(bad).toHaveLength(500);
    expect(bad[0]).toMatchObject({ reason: 'invalid_json', truncated: true });
    const bytes = client.calls.flatMap(textsOf).reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThan(8 * 1024 * 1024);
  });

  it('take no room from good ones: those of a flood are let go while their stream does not answer', async () => {
    const client = scriptedClient(function ({ stream, records }) {
      return stream === 'bad' ? never() : records.map((record) => this.store(record));
    });
    const config = { delivery: 'batch', bad_events_stream: 'bad', batch_queue_bytes: 1024 * 1024 };
    const plugin = pluginThrough(client, config);
    const sizes = [60_000, 5_000, 500].flatMap((bytes) => Array<number>(40).fill(bytes));
    const flood = sizes.map((bytes) => handled(plugin, { body: `{"a":"${'x'.repeat(bytes)}` }));
    await vi.advanceTimersByTimeAsync(10);
    const { exit } = await post(plugin, { body: `{"a":"${'x'.repeat(5_000)}"}` });
    expect(exit!.status).toBe(200);
    for (const bad of await Promise.all(flood)) expect(bad.exit!.status).toBe(400);
    expect(eventsIn(client, 'bad').length).toBeGreaterThan(0);
  });

  it('that cannot be kept are counted, and the client is told of its event all the same', async () => {
    const lost = async () =>
      (await register.getSingleMetric('kinesis_ingest_bad_events_lost_total')!.get()).values;
    const before = (await lost())[0]!.value;
    const client = scriptedClient(({ records }) => records.map(() => REJECTED));
    const plugin = pluginThrough(client, { bad_events_stream: 'bad' });
    const { exit } = await post(plugin, { body: '{"a":' });
    expect(exit).toMatchObject({ status: 400, json: { error: { code: 'invalid_json' } } });
    expect((await lost())[0]!.value).toBe(before + 1);
  });
});
