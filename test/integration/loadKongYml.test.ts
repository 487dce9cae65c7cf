/** `kong.yml` loaded into the database of a real Kong. */

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startKinesis } from '../../testkit/kinesis/startKinesis';
import { type KongYml, pluginOf } from '../../testkit/kongYml';
import { loadKongYml } from '../../tools/loadKongYml/loadKongYml';
import { expectSigned } from '../support/expectSigned';
import type { GatewayUnderTest } from '../support/gateway';
import { send } from '../support/http';
import { needs } from '../support/needs';
import { clearKong } from '../support/postgres';
import { startSenders } from '../support/senders';
import { DRIVER, startGateway } from '../support/startGateway';
import { tunePlugin } from '../support/tunePlugin';
import { until } from '../support/until';

/** Over the two periods of deploy/kong.conf after which a node's workers have a change. */
const SETTLE_MS = 5_000;

let gateway: GatewayUnderTest;
let kongYml: string;

beforeAll(async () => {
  if (DRIVER === 'sandbox') return;
  kongYml = await readFile('kong.yml', 'utf8');
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

async function load(force = false): Promise<string[]> {
  const lines: string[] = [];
  await loadKongYml({ kongYml, adminUrl: gateway.adminUrl, force, report: (line) => lines.push(line) });
  return lines;
}

async function configOf(plugin: string): Promise<Record<string, unknown>> {
  const answer = await send(`${gateway.adminUrl}/plugins/${plugin}`, { method: 'GET' });
  return (answer.json() as { config: Record<string, unknown> }).config;
}

describe(
  'loading kong.yml into Postgres',
  needs(DRIVER === 'kong-postgres', 'a Kong on Postgres (KONG_BIN, PGDATABASE)'),
  () => {
    test('a second load changes nothing', async () => {
      expect(await load()).toEqual(
        [
          'services/kinesis',
          'routes/events',
          'plugins/events-kinesis',
          'plugins/events-cors',
          'plugins/events-size',
          'plugins/events-rate',
        ].map((label) => `${label}: is there`),
      );
    });

    test('vault references are stored as references', async () => {
      expect(await configOf('events-kinesis')).toMatchObject({
        region: '{vault://env/aws-region}',
        endpoint: '{vault://env/kinesis-endpoint}',
      });
    });

    test('a tuned limit survives a load, and is undone by a forced one', async () => {
      await tunePlugin(gateway.adminUrl, 'events-rate', { second: 7 });
      expect(await load()).toContainEqual(
        expect.stringMatching(
          /^plugins\/events-rate: left as it is; differs from the file in config\.second /,
        ),
      );
      expect(await configOf('events-rate')).toMatchObject({ second: 7, hour: 100_000 });
      expect(await load(true)).toContain('plugins/events-rate: replaced');
      expect(await configOf('events-rate')).toMatchObject({ second: 600, hour: 100_000 });
    });

    test('what was deleted is created again', async () => {
      await send(`${gateway.adminUrl}/plugins/events-size`, { method: 'DELETE' });
      expect(await load()).toContain('plugins/events-size: created');
    });

    test('no event gets past the plugin while its route is loaded into a Kong that serves', async () => {
      const kinesis = await startKinesis();
      const senders = startSenders(gateway.proxyUrl, { name: 'loading', count: 4 });
      try {
        await clearKong(gateway.adminUrl);
        await until('the route is gone', () => senders.outcomes['404']);
        // With `upstream: service` whatever misses the plugin would go to Kinesis as the client sent it.
        const file = parse(kongYml) as KongYml;
        const { name, routes } = file.services[0]!;
        file.services = [{ name, url: kinesis.url, routes }];
        Object.assign(pluginOf(file, 'kinesis-ingest').config, {
          upstream: 'service',
          endpoint: kinesis.url,
        });
        await loadKongYml({ kongYml: stringify(file), adminUrl: gateway.adminUrl, settleMs: SETTLE_MS });
        const before = senders.acknowledged.length;
        await until('events flow', () => senders.acknowledged.length > before + 200);
      } finally {
        await senders.stop();
        await kinesis.close();
      }
      expect(kinesis.calls.length).toBeGreaterThan(0);
      await expectSigned(kinesis.calls);
    });

    test('what Kong refuses is named, with Kong’s reason', async () => {
      const refused = kongYml.replace('second: 600', 'second: -1');
      const loading = loadKongYml({ kongYml: refused, adminUrl: gateway.adminUrl, force: true });
      await expect(loading).rejects.toThrow(/^plugins\/events-rate: Kong answers 400: .*second/);
    });
  },
);

test(
  'a Kong without a database is named as the reason',
  needs(DRIVER === 'kong', 'a Kong without a database (KONG_BIN)'),
  async () => {
    await expect(load(true)).rejects.toThrow(/runs without a database/);
  },
);
