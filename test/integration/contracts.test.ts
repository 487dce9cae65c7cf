/** Contracts through the gateway: what fits is stored with its contract's name, what doesn't is refused or noted. */

import { rmSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { contractFolder, FITTING, PRODUCT_ADDED, VIOLATING, writeContracts } from '../support/contractFiles';
import { type Answer, postEvent } from '../support/http';
import { faultsOf } from '../support/recordSchema';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';
import { gatewayForTest, useGateway } from '../support/useGateway';

const BAD = 'bad';
const OK = { status: 'ok', name: 'Product Added', version: 2 };
const PRICE = '/properties/price must be number';
const UNKNOWN = { type: 'page', name: 'Home' };

function useContracts(config: Record<string, unknown>, args: string[] = []) {
  const folder = contractFolder();
  const stack = useGateway({
    config: withDelivery(String(config.delivery), { bad_events_stream: BAD, ...config }),
    pluginServerArgs: ['--contracts', folder, ...args],
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => stack.kinesis.forget());
  const inStream = (isBad: boolean) =>
    stack.kinesis.stored
      .filter(({ stream }) => (stream === BAD) === isBad)
      .map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  return {
    folder,
    post: (event: unknown) => postEvent(stack.gateway.proxyUrl, event),
    stored: () => inStream(false),
    serverOutput: () => stack.gateway.pluginServer.output,
    async bad(count: number) {
      await until('the bad events are stored', () => inStream(true).length >= count);
      return inStream(true);
    },
  };
}

const errorOf = ({ text }: Answer) => (JSON.parse(text) as { error: Record<string, unknown> }).error;

describe.each(['proxy', 'batch'])(`contracts: enforce, delivery: %s (${DRIVER})`, (delivery) => {
  const { post, stored, bad } = useContracts({
    delivery,
    contracts: 'enforce',
    contract_field: 'contract',
  });

  test('stores what fits, and says by which contract', async () => {
    const text =
      '{"type":"track","event":"Product Added","n":1.10,"properties":{"sku":"L-01","price":189.00}}';
    expect((await post(text)).status).toBe(200);
    expect(stored()).toMatchObject([{ contract: OK }]);
    expect(faultsOf(stored()[0], 'event')).toEqual([]);
  });

  test('refuses what does not, with what is wrong and no value of the event', async () => {
    const answer = await post(VIOLATING);
    expect(answer.status).toBe(422);
    expect(errorOf(answer)).toEqual({
      code: 'contract_violated',
      message: `Product Added (version 2): ${PRICE}`,
    });
    expect(stored()).toEqual([]);
    const [record] = await bad(1);
    expect(record).toMatchObject({
      reason: 'contract_violated',
      message: `Product Added (version 2): ${PRICE}`,
    });
    expect(record!.raw).toBe(JSON.stringify(VIOLATING));
    expect(faultsOf(record, 'badEvent')).toEqual([]);
  });

  test('of several events refuses those that do not fit', async () => {
    const answer = await post([FITTING, VIOLATING, UNKNOWN]);
    if (delivery === 'proxy') {
      expect(errorOf(answer)).toMatchObject({
        code: 'invalid_events',
        events: [{ index: 1, code: 'contract_violated', message: expect.stringContaining(PRICE) }],
      });
      expect(stored()).toEqual([]);
    } else {
      expect(JSON.parse(answer.text)).toMatchObject({
        FailedRecordCount: 1,
        Records: [
          { SequenceNumber: expect.any(String) },
          { ErrorCode: 'invalid_event', ErrorMessage: expect.stringContaining(PRICE) },
          { SequenceNumber: expect.any(String) },
        ],
      });
      expect(stored().map(({ contract }) => contract)).toEqual([OK, { status: 'unknown' }]);
    }
  });

  test('looks at events as they are stored: with what an envelope shares', async () => {
    const { properties, ...rest } = FITTING;
    expect((await post({ batch: [rest], properties })).status).toBe(200);
    expect(stored()).toMatchObject([{ contract: OK, properties }]);
  });

  test('believes no result of the client’s', async () => {
    await post('{"type":"page","contract":{"status":"ok","name":"fake"},"contract":"fake"}');
    expect(stored()).toMatchObject([{ contract: { status: 'unknown' } }]);
    expect(JSON.stringify(stored())).not.toContain('fake');
  });
});

describe.each(['proxy', 'batch'])(`contracts: report, delivery: %s (${DRIVER})`, (delivery) => {
  const { post, stored } = useContracts({ delivery, contracts: 'report', contract_field: 'meta.contract' });

  test.each([
    ['what fits', FITTING, OK],
    ['what does not', VIOLATING, { ...OK, status: 'violated', violations: [PRICE] }],
    ['what has no contract', UNKNOWN, { status: 'unknown' }],
  ])('stores %s, and says so', async (_, event, contract) => {
    expect((await post(event)).status).toBe(200);
    expect(stored()).toMatchObject([{ ...event, meta: { contract } }]);
  });
});

describe.each([1, 2])(`a folder of contracts that changes, --workers %i (${DRIVER})`, (workers) => {
  const args = ['--workers', String(workers), '--metrics', '127.0.0.1:0'];
  const { folder, post, serverOutput } = useContracts({ delivery: 'batch', contracts: 'enforce' }, args);

  const times = (text: string): number => serverOutput().split(text).length - 1;

  async function get(what: string): Promise<string> {
    const { port } = JSON.parse(
      serverOutput()
        .split('\n')
        .find((line) => line.includes('"metrics served"'))!,
    ) as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}${what}`, { headers: { connection: 'close' } });
    return `${answer.status} ${await answer.text()}`;
  }

  test('is in force in every worker, and one that is broken changes nothing but what the operator reads', async () => {
    expect((await post(VIOLATING)).status).toBe(422);
    // A worker may still be starting while another one answers.
    await until('all are ready', async () => (await get('/readyz')) === '200 {"status":"ready"}\n');
    expect(await get('/metrics')).toContain(
      'kinesis_ingest_contract_events_total{name="Product Added",version="2",result="violated"} 1\n',
    );

    writeContracts(folder, { 'product-added.json': { ...PRODUCT_ADDED, properties: {}, required: [] } });
    await until('every worker has the changed contract', () => times('"contracts loaded again"') === workers);
    expect((await post(VIOLATING)).status).toBe(200);

    writeContracts(folder, { 'broken.json': '{' });
    await until('every worker has seen what is broken', () => {
      return times('"problem":"broken.json: is no JSON') === workers;
    });
    expect(await get('/readyz')).toMatch(
      /^200 \{"status":"ready","warnings":\[\{"plugin":"kinesis-ingest","reason":"changed contracts cannot be taken.*broken\.json: is no JSON/,
    );
    expect(await get('/metrics')).toContain('kinesis_ingest_contracts_behind 1\n');
    expect((await post(VIOLATING)).status).toBe(200);
  }, 90_000);
});

test('a plugin that is to look at contracts, on a server without any, answers 500 and says why', async () => {
  const { gateway } = await gatewayForTest({ config: withDelivery('batch', { contracts: 'enforce' }) });
  expect((await postEvent(gateway.proxyUrl, FITTING)).status).toBe(500);
  expect(gateway.pluginServer.output).toContain('config.contracts needs the option --contracts DIR');
});
