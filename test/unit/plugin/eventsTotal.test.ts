import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { EXAMPLE_TIME } from '../../support/plugin/examples';
import { scriptedClient } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

describe('kinesis_ingest_events_total', () => {
  async function counted(outcome: string): Promise<number> {
    const { values } = await register.getSingleMetric('kinesis_ingest_events_total')!.get();
    return values
      .filter(({ labels }) => labels.outcome === outcome)
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
});
