/** What deploy/kong.conf promises, asked of a Kong that runs with it. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import type { KongYml } from '../../testkit/kongYml';
import { DASHBOARD_EXPRESSIONS, metricsOf, readRules } from '../support/deploy/askedMetrics';
import { freePorts } from '../support/freePorts';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { KONG_BIN, startGateway } from '../support/startGateway';
import { until } from '../support/until';

describe('deploy/kong.conf', needs(KONG_BIN !== undefined, 'a Kong (KONG_BIN)'), () => {
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;
  let folder: string;
  let statusUrl: string;

  beforeAll(async () => {
    kinesis = await startKinesis();
    folder = await mkdtemp(path.join(tmpdir(), 'kong-settings-'));
    const [statusPort] = await freePorts(1);
    statusUrl = `http://127.0.0.1:${statusPort}`;
    const { plugins } = parse(await readFile('deploy/observability/kong-prometheus.yml', 'utf8')) as KongYml;
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      config: (kongYml) => Object.assign(kongYml, { plugins }),
      conf: {
        status_listen: `127.0.0.1:${statusPort}`,
        proxy_access_log: `${path.join(folder, 'access.log')} door`,
      },
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('the access log is JSON and holds neither body, query string, referrer nor cookie', async () => {
    await send(`${gateway.proxyUrl}/events?uid=secret-1`, {
      headers: {
        'content-type': 'application/json',
        referer: 'http://a/?secret-2',
        cookie: 'user_id=secret-3',
      },
      body: '{"text":"secret-4"}',
    });
    await send(`${gateway.proxyUrl}/other?uid=secret-5`, { method: 'GET' });
    const log = await until('both are logged', async () => {
      const text = await readFile(path.join(folder, 'access.log'), 'utf8');
      return text.trim().split('\n').length >= 2 && text;
    });
    expect(log).not.toContain('secret');
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ client: '127.0.0.1', method: 'POST', path: '/events', status: 200 }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ method: 'GET', status: 404 }));
    for (const { request_id } of lines) expect(request_id).toMatch(/^[0-9a-f]{32}$/);
  });

  test('no answer tells Kong’s version', async () => {
    const answers = [
      await postEvent(gateway.proxyUrl, {}),
      await postEvent(gateway.proxyUrl, 'no JSON'),
      await send(`${gateway.proxyUrl}/other`, { method: 'GET' }),
    ];
    for (const { headers } of answers) {
      expect(JSON.stringify(headers)).not.toMatch(/kong\/\d/i);
      expect(headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test('says at the status port that it is ready', async () => {
    await until('it is ready', async () => {
      return (await send(`${statusUrl}/status/ready`, { method: 'GET' })).status === 200;
    });
  });

  test('exports what alerts and dashboard ask of Kong', async () => {
    await postEvent(gateway.proxyUrl, {});
    const asked = metricsOf([...readRules().map(({ expr }) => expr), ...DASHBOARD_EXPRESSIONS]);
    const names = asked.filter((name) => name.startsWith('kong_') && !name.startsWith('kong_pluginserver_'));
    expect(names.length).toBeGreaterThan(5);
    await until('all are there', async () => {
      const { text } = await send(`${statusUrl}/metrics`, { method: 'GET' });
      return names.every((name) => text.includes(`\n${name}{`) || text.includes(`\n${name} `));
    });
  });
});
