/** Events made to get past a contract, or to make comparing them costly. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compileContracts } from '../../../plugins/kinesis-ingest/contracts/ContractSet';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { EXAMPLE_TIME } from '../../support/plugin/examples';
import { scriptedClient } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

const ENFORCE = { contracts: 'enforce' };

async function sent(schema: object, body: string, config: Record<string, unknown> = ENFORCE) {
  const file = { 'x-event': 'e', 'x-version': 2, type: 'object', ...schema };
  const current = await compileContracts(new Map([['e.json', JSON.stringify(file)]]));
  const client = scriptedClient();
  const plugin = pluginThrough(
    client,
    { delivery: 'batch', ...config },
    { contracts: { current, loadedAt: 0, problem: undefined } },
  );
  const { exit } = await post(plugin, { body });
  return { status: exit!.status, json: exit!.json, events: eventsIn(client, 'clickstream') };
}

describe('an event cannot get past its contract', () => {
  it.each(['constructor', 'toString', '__proto__'])('with the name %s', async (name) => {
    const schema = {
      properties: { type: true, ip: true, received_at: true, user_id: true, event_id: true },
      anyOf: [{ properties: { a: {} }, required: ['a'] }, { properties: { b: {} } }],
      unevaluatedProperties: false,
    };
    const config = { ...ENFORCE, header_fields: {} };
    expect(await sent(schema, JSON.stringify({ type: 'e', b: 1 }), config)).toMatchObject({ status: 200 });
    expect(await sent(schema, `{"type":"e","b":1,"${name}":1}`, config)).toMatchObject({
      status: 422,
      json: { error: { message: `e (version 2): /${name} is not in the contract` } },
    });
  });

  it.each(['5', 'null', '[]'])('by %s where the object of contract_field belongs', async (value) => {
    const config = { ...ENFORCE, contract_field: 'meta.contract' };
    const answer = await sent(
      { properties: { meta: { type: ['integer', 'null', 'array'] } } },
      `{"type":"e","meta":${value}}`,
      config,
    );
    expect(answer).toMatchObject({ status: 422, events: [] });
  });

  it.each(['{"toString":1,"valueOf":1}', '[2]', 'true'])('by %s as its version', async (version) => {
    const config = { ...ENFORCE, contract_version_field: 'v', contract_unknown: 'refuse' };
    expect(await sent({}, `{"type":"e","v":${version}}`, config)).toMatchObject({
      status: 422,
      json: { error: { message: 'there is no contract for this event' } },
    });
  });
});

it('only of the first 16 KiB of wrong events everything is told', async () => {
  const schema = { properties: { a: { type: 'string' }, b: { type: 'string' } } };
  const event = JSON.stringify({ type: 'e', a: 1, b: 1, text: 'x'.repeat(9_000) });
  const { json } = await sent(schema, `[${event},${event}]`);
  expect(json).toMatchObject({
    Records: [
      { ErrorMessage: expect.stringContaining('/a must be string; /b must be string') },
      { ErrorMessage: expect.stringMatching(/\/a must be string$/) },
    ],
  });
});

describe('what an envelope shares', () => {
  it('is compared no more often than the body’s limit allows', async () => {
    const list = Array.from({ length: 100_000 }, () => 1);
    const batch = Array.from({ length: 500 }, () => ({ type: 'e' }));
    const body = JSON.stringify({ batch, list });
    const schema = { properties: { list: { type: 'array', items: { type: 'string' } } } };
    const answer = await sent(schema, body);
    expect(answer).toMatchObject({ status: 413, json: { error: { code: 'body_too_large' } } });
  });
});
