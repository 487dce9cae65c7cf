import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallResult } from '../../../plugins/kinesis-ingest/send/kinesisClient';
import { pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { EXAMPLE_TIME } from '../../support/plugin/examples';
import { REJECTED, scriptedClient, THROTTLED, UNAVAILABLE } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

describe('kinesis_ingest_events_total', () => {
  async function counted(outcome: string, code?: string): Promise<number> {
    const { values } = await register.getSingleMetric('kinesis_ingest_events_total')!.get();
    return values
      .filter(({ labels }) => labels.outcome === outcome && (code ?? labels.code) === labels.code)
      .reduce((sum, { value }) => sum + value, 0);
  }

  it.each<[string, string, Record<string, unknown>, string, number]>([
    ['events that Kong is given', 'accepted', {}, '[{},{},{}]', 3],
    ['events that are stored', 'accepted', { delivery: 'batch' }, '[{},5,{}]', 2],
    ['bad events among good ones', 'refused', { delivery: 'batch' }, '[{},5,{}]', 1],
    ['a request that is refused unread', 'refused', {}, '[{},{},', 1],
    ['each event of a request of which nothing is sent', 'refused', {}, '[{},5,{}]', 3],
    ['a single event that is refused', 'refused', { delivery: 'batch' }, '[', 1],
  ])('counts %s as %s', async (_, outcome, config, body, count) => {
    const before = await counted(outcome);
    await post(pluginThrough(scriptedClient(), config), { body });
    expect((await counted(outcome)) - before).toBe(count);
  });
  const unsigned: CallResult = { kind: 'unavailable', code: 'credentials_unavailable' };
  const never = new Promise<CallResult[]>(() => undefined);

  it.each<[string, string, CallResult | typeof never]>([
    ['throttled', 'throttled', THROTTLED],
    ['failed', 'kinesis_unavailable', UNAVAILABLE],
    ['failed', 'credentials_unavailable', unsigned],
    ['failed', 'upstream_rejected', REJECTED],
    ['lost', 'deadline_exceeded', never],
  ])(
    'counts as %s, with the code %s, what is not stored: alone, or each of several',
    async (outcome, code, result) => {
      const plugin = pluginThrough(
        scriptedClient(({ records }) => (result instanceof Promise ? result : records.map(() => result))),
        { delivery: 'batch' },
      );
      const before = await counted(outcome, code);
      await post(plugin, { body: '{}' });
      await post(plugin, { body: '[{},{}]' });
      expect((await counted(outcome, code)) - before).toBe(3);
    },
  );
});
