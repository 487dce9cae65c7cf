/** What requests hold of the memory that the plugin server gives them. */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { createDelivery } from '../../../plugins/kinesis-ingest/send/delivery';
import { createWorkBudget } from '../../../pluginserver/workBudget';
import { capturedLog } from '../../support/plugin/capturedLog';
import { credentialsOf, EXAMPLE_CREDENTIALS, pluginConfig } from '../../support/plugin/examples';
import { handled } from '../../support/plugin/handledRequest';
import { type ScriptedClient, scriptedClient } from '../../support/plugin/scriptedClient';

const MIB = 1024 * 1024;
const never = () => new Promise<never>(() => undefined);

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => vi.useRealTimers());

function pluginWithin(
  limit: number,
  config: Record<string, unknown>,
  client: ScriptedClient = scriptedClient(),
) {
  const budget = createWorkBudget(limit);
  const { log } = capturedLog();
  const plugin = new KinesisIngest(pluginConfig({ batch_linger_ms: 0, ...config }), {
    log,
    memory: budget,
    credentials: () => credentialsOf(() => EXAMPLE_CREDENTIALS),
    delivery: (parsed, credentials) => createDelivery(parsed, { credentials, log, client }),
  });
  return { budget, plugin, client };
}

/** Many events of ordinary text. */
function events(bytes: number): Buffer {
  const text = randomBytes(500).toString('hex');
  return Buffer.from(
    JSON.stringify(Array.from({ length: Math.floor(bytes / 1100) }, (_, n) => ({ n, text }))),
  );
}

const OVERLOADED = { status: 503, json: { error: { code: 'overloaded' } }, headers: { 'retry-after': '1' } };

describe.each(['proxy', 'batch'])('delivery: %s', (delivery) => {
  const forms: [string, Buffer, Record<string, string>][] = [
    ['plain', events(400_000), {}],
    [
      'gzip',
      gzipSync(
        Buffer.from(
          events(400_000)
            .toString()
            .replaceAll('"n":', `"${'x'.repeat(40)}":`),
        ),
        { level: 0 },
      ),
      { 'content-encoding': 'gzip' },
    ],
  ];

  it.each(forms)('a request for which there is no memory is told so: %s', async (_, body, headers) => {
    const { plugin, client } = pluginWithin(1 * MIB, { delivery });
    expect((await handled(plugin, { body, headers })).exit).toMatchObject(OVERLOADED);
    expect(client.calls).toEqual([]);
  });

  it.each(forms)('a request holds nothing any more when it is over: %s', async (_, body, headers) => {
    const { budget, plugin } = pluginWithin(100 * MIB, { delivery });
    const answers = await Promise.all([
      handled(plugin, { body, headers }),
      handled(plugin, { body: '[5' }),
      handled(plugin, { body: 'no gzip', headers: { 'content-encoding': 'gzip' } }),
    ]);
    expect(answers.map(({ exit }) => exit?.status ?? 200)).toEqual([200, 400, 400]);
    await vi.waitFor(() => expect(budget.used).toBe(0));
  });

  it('the fields that an envelope’s events share are paid for before they are copied', async () => {
    const { plugin } = pluginWithin(4 * MIB, { delivery });
    const body = `{"batch":[${Array(400).fill('{}').join(',')}],"context":{"x":"${'x'.repeat(5_000)}"}}`;
    expect((await handled(plugin, { body })).exit).toMatchObject(OVERLOADED);
  });

  it('a client that takes all it can does not keep another one out', async () => {
    const { plugin } = pluginWithin(3 * MIB, { delivery });
    const flood = Array.from({ length: 20 }, () =>
      handled(plugin, { body: events(300_000), ip: '192.0.2.66' }),
    );
    const other = await handled(plugin, { body: events(100_000), ip: '192.0.2.1' });
    expect(other.exit?.status ?? 200).toBe(200);
    const refused = (await Promise.all(flood)).filter(({ exit }) => exit?.status === 503);
    expect(refused.length).toBeGreaterThan(10);
  });
});

describe('the queue', () => {
  it('pays for its records until the last one leaves it, also when their clients have given up', async () => {
    let answer: (stored: boolean) => void = () => undefined;
    const client = scriptedClient(function ({ records }) {
      return new Promise((resolve) => {
        answer = () => resolve(records.map((record) => this.store(record)));
      });
    });
    const { budget, plugin } = pluginWithin(100 * MIB, { delivery: 'batch', deadline_ms: 1000 }, client);
    const handling = handled(plugin, { body: events(400_000) });
    await vi.waitFor(() => expect(client.calls).toHaveLength(1));
    expect(budget.used).toBeGreaterThan((400_000 * 7) / 3);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await handling).exit).toMatchObject({ status: 503 });
    expect(budget.used).toBeGreaterThan((400_000 * 7) / 3);
    answer(true);
    await vi.waitFor(() => expect(budget.used).toBe(0));
  });

  it('of a stream that hangs holds no more of a client’s events than its share of the memory', async () => {
    const { budget, plugin } = pluginWithin(8 * MIB, { delivery: 'batch' }, scriptedClient(never));
    for (let i = 0; i < 40; i++) void handled(plugin, { body: events(100_000) });
    await vi.waitFor(() => expect(budget.used).toBeGreaterThan(1 * MIB));
    await new Promise((resolve) => setImmediate(resolve));
    expect(budget.used).toBeLessThanOrEqual((8 * MIB) / 5);
  });
});
