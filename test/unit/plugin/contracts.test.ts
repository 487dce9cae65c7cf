/** What the plugin does with an event by its contract. */

import { register } from 'prom-client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ContractSet, compileContracts } from '../../../plugins/kinesis-ingest/contracts/ContractSet';
import { exposeContracts } from '../../../plugins/kinesis-ingest/metrics';
import { FITTING, PRODUCT_ADDED, VIOLATING } from '../../support/contractFiles';
import { plentyOfMemory } from '../../support/plentyOfMemory';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { CLIENT_IP, EXAMPLE_TIME } from '../../support/plugin/examples';
import { scriptedClient } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

const ENRICHED = {
  'x-event': 'enriched',
  type: 'object',
  additionalProperties: false,
  required: ['ip', 'user_id', 'event_id', 'context'],
  properties: {
    type: { type: 'string' },
    ip: { const: CLIENT_IP },
    received_at: { type: 'string', format: 'date-time' },
    user_id: { type: 'string' },
    event_id: { type: 'string' },
    context: { type: 'object', required: ['app', 'page'] },
  },
};

let current: ContractSet;
beforeAll(async () => {
  const old = { ...PRODUCT_ADDED, 'x-version': 1, properties: {}, required: [] };
  const files = [PRODUCT_ADDED, old, ENRICHED].map((file, i) => [`${i}.json`, JSON.stringify(file)] as const);
  current = await compileContracts(new Map(files));
});

const REASON = 'Product Added (version 2): /properties/price must be number';

async function stored(config: Record<string, unknown>, event: unknown, surroundings = {}) {
  const client = scriptedClient();
  const contracts = { current, loadedAt: 0, problem: undefined };
  const plugin = pluginThrough(client, { delivery: 'batch', ...config }, { contracts, ...surroundings });
  const { exit } = await post(plugin, { body: typeof event === 'string' ? event : JSON.stringify(event) });
  return { exit: exit!, events: eventsIn(client, 'clickstream') };
}

describe('an event by its contract', () => {
  const ENFORCE = { contracts: 'enforce', contract_field: 'contract' };
  const VERSIONED = { ...ENFORCE, contract_version_field: 'context.v' };

  it.each<[string, Record<string, unknown>, unknown, unknown]>([
    ['that fits', ENFORCE, FITTING, { status: 'ok', name: 'Product Added', version: 2 }],
    ['of an older version', VERSIONED, { ...VIOLATING, context: { v: '1' } }, { status: 'ok', version: 1 }],
    [
      'of an older version, as a number',
      VERSIONED,
      { ...VIOLATING, context: { v: 1 } },
      { status: 'ok', version: 1 },
    ],
    ['without a version', VERSIONED, FITTING, { status: 'ok', version: 2 }],
    ['of an unknown version', VERSIONED, { ...VIOLATING, context: { v: '3' } }, { status: 'unknown' }],
    ['of an unknown name', ENFORCE, { type: 'track', event: 'Other' }, { status: 'unknown' }],
    ['without a name', ENFORCE, { event: 'Product Added' }, { status: 'unknown' }],
    ['whose name is no text', ENFORCE, { type: 'track', event: ['Product Added'] }, { status: 'unknown' }],
    [
      'named by its type',
      ENFORCE,
      { type: 'enriched', context: { app: 1, page: 1 } },
      { status: 'ok', name: 'enriched' },
    ],
    [
      'named by another field',
      { ...ENFORCE, contract_name_field: 'a.b' },
      { ...FITTING, a: { b: 'Product Added' } },
      { status: 'ok' },
    ],
    [
      'that is only noted',
      { contracts: 'report' },
      VIOLATING,
      { status: 'violated', violations: ['/properties/price must be number'] },
    ],
  ])('%s is stored with the result', async (_, config, event, contract) => {
    const { exit, events } = await stored(config, event);
    expect(exit.status).toBe(200);
    expect(events).toMatchObject([{ contract }]);
  });

  it.each<[string, Record<string, unknown>, unknown, string]>([
    ['does not fit', ENFORCE, VIOLATING, REASON],
    [
      'is unknown',
      { ...ENFORCE, contract_unknown: 'refuse' },
      { type: 'x' },
      'there is no contract for this event',
    ],
  ])('is refused where it %s', async (_, config, event, message) => {
    const { exit, events } = await stored(config, event);
    expect(exit).toMatchObject({ status: 422, json: { error: { code: 'contract_violated', message } } });
    expect(events).toEqual([]);
  });

  it('is stored as it is where contracts are enforced and no field is named for the result', async () => {
    const { events } = await stored({ contracts: 'enforce' }, { ...FITTING, contract: 'mine' });
    expect(events).toMatchObject([{ contract: 'mine' }]);
  });

  it('is not looked at where contracts are off', async () => {
    const { events } = await stored({ contract_unknown: 'refuse' }, { ...VIOLATING, contract: 'mine' });
    expect(events).toMatchObject([{ contract: 'mine' }]);
  });

  it('is looked at as it is stored, with what the server and the envelope add', async () => {
    // The contract allows no name that it doesn't know, and so none of the result of the event before.
    const event = { type: 'enriched', context: { page: 1 } };
    const body = { batch: [event, { ...event, contract: 'mine' }], context: { app: 1 } };
    const { events } = await stored({ ...ENFORCE, header_fields: {} }, body);
    const expected = { contract: { status: 'ok', name: 'enriched' }, context: { app: 1, page: 1 } };
    expect(events).toMatchObject([expected, expected]);
  });

  it('is digit for digit what the client sent', async () => {
    const client = scriptedClient();
    const contracts = { current, loadedAt: 0, problem: undefined };
    const plugin = pluginThrough(client, { delivery: 'batch', ...ENFORCE }, { contracts });
    const text =
      '{"type":"track","event":"Product Added","n":1.10,"big":12345678901234567890,"properties":{"sku":"L-01","price":1.0E2}';
    await post(plugin, { body: `${text}}` });
    expect(client.calls[0]!.records[0]!.data.toString().startsWith(`${text},`)).toBe(true);
  });

  it('that there is no memory for is answered 503, and the memory comes back', async () => {
    const memory = plentyOfMemory();
    const { exit } = await stored(ENFORCE, FITTING, { memory });
    expect([exit.status, memory.used]).toEqual([200, 0]);
    let left = 1000;
    const scarce = {
      reserve: () => ({
        grow: (bytes: number) => bytes < left--,
        shrink: () => undefined,
        release: () => undefined,
      }),
    };
    expect((await stored(ENFORCE, FITTING, { memory: scarce })).exit).toMatchObject({
      status: 503,
      json: { error: { code: 'overloaded' } },
    });
  });
});

describe('the plugin', () => {
  it.each(['report', 'enforce'])(
    'does not start with contracts: %s where the server has none',
    (contracts) => {
      expect(() => pluginThrough(scriptedClient(), { contracts })).toThrow(
        'config.contracts needs the option --contracts DIR of kong-pluginserver',
      );
    },
  );

  it('warns of a change that cannot be taken, and is well all the same', () => {
    const contracts = { current, loadedAt: 0, problem: 'a.json: is no JSON' };
    const plugin = pluginThrough(scriptedClient(), { contracts: 'report' }, { contracts });
    expect(plugin.health()).toBeUndefined();
    expect(plugin.warning()).toMatch(/the former ones stay in force: a\.json: is no JSON$/);
    expect(pluginThrough(scriptedClient()).warning()).toBeUndefined();
  });

  it('counts events by contract, and has no name of the client’s', async () => {
    let all = current.all;
    exposeContracts(() => ({ all, unknown: current.counts.unknown, loadedAt: 5000, isBehind: true }));
    const text = () => register.getSingleMetricAsString('kinesis_ingest_contract_events_total');
    const before = await text();
    const countOf = (metrics: string, labels: string) =>
      Number(new RegExp(`\\{${labels}\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
    for (const event of [FITTING, VIOLATING, { type: 'a name of the client’s' }])
      await stored({ contracts: 'report' }, event);
    const after = await text();
    for (const labels of [
      'name="Product Added",version="2",result="ok"',
      'name="Product Added",version="2",result="violated"',
      'name="",version="",result="unknown"',
    ])
      expect(countOf(after, labels) - countOf(before, labels), labels).toBe(1);
    expect(after).not.toContain('of the client');
    expect(await register.getSingleMetricAsString('kinesis_ingest_contracts_loaded_seconds')).toMatch(/ 5$/);
    all = [];
    expect(await text()).not.toContain('Product Added');
  });
});
