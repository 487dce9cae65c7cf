/** The name of Kong's consumer in the event: a source that nobody can claim. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { EXAMPLE_TIME, NEW_ID } from '../../support/plugin/examples';
import { eventOf, type PostedRequest } from '../../support/plugin/handledRequest';
import { directed, play, pluginWith, reads, written } from '../../support/plugin/playedRequest';
import { scriptedClient } from '../../support/plugin/scriptedClient';
import { call } from '../../support/plugin/scriptedKong';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

const APP = { id: 'c-1', username: 'shop-app', customId: '', tags: [] };

describe.each(['proxy', 'batch'])('the consumer in the event, delivery: %s', (delivery) => {
  async function eventFrom(request: PostedRequest, consumer_field = 'source.app') {
    const client = scriptedClient();
    const { sent } = await post(pluginThrough(client, { delivery, consumer_field }), request);
    return sent === undefined ? eventsIn(client, 'clickstream')[0] : eventOf(sent.records[0]!);
  }

  it.each([
    ['its username', APP, 'shop-app'],
    ['its username before its custom id', { ...APP, customId: '17' }, 'shop-app'],
    ['its custom id where it has no username', { ...APP, username: '', customId: '17' }, '17'],
    ['the same as the stock plugin server has it', { id: 'c-1', custom_id: 'ünï' }, 'ünï'],
  ])('is %s', async (_, consumer, name) => {
    expect(await eventFrom({ body: '{}', consumer })).toMatchObject({ source: { app: name } });
  });

  it.each([
    ['an event', '{"source":{"app":"other","n":1},"source":{"app":"other"}}'],
    ['an escaped name', '{"\\u0073ource":{"a\\u0070p":"other"}}'],
    ['an envelope', '{"batch":[{}],"source":{"app":"other"}}'],
    ['another kind of value', '{"source":"other"}'],
  ])('is not what %s claims', async (_, body) => {
    const event = await eventFrom({ body, consumer: APP });
    expect(event).toMatchObject({ source: { app: 'shop-app' } });
    expect(JSON.stringify(event)).not.toContain('other');
  });

  it('is left out, whatever the event claims, where nobody has authenticated itself', async () => {
    expect(await eventFrom({ body: '{"app":"other"}' }, 'app')).not.toHaveProperty('app');
    expect(await eventFrom({ body: '{"batch":[{}],"app":"other"}' }, 'app')).not.toHaveProperty('app');
  });
});

describe('the call that reads the consumer', () => {
  it('is made with those that read the request, so that it costs no round trip', async () => {
    vi.useRealTimers();
    const { plugin } = pluginWith({}, { consumer_field: 'app' });
    const consumer = call('client.getConsumer').answers(APP);
    const { roundTrips } = await play([...reads(), consumer, ...directed, ...written(NEW_ID)], plugin);
    expect(roundTrips()).toBe(2);
  });
});
