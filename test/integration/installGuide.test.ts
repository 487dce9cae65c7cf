/** docs/install.md, docs/plugin.md and examples/existing-kong: an event through what they say, run as it stands there. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { configurePlugin, type KongYml } from '../../testkit/kongYml';
import { eventOf } from '../support/events';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import type { PluginExample } from '../support/pluginExample';
import { DRIVER, startGateway } from '../support/startGateway';
import { until } from '../support/until';

const GUIDE = readFileSync('docs/install.md', 'utf8');
const PLUGIN_PAGE = readFileSync('docs/plugin.md', 'utf8');

function commandsOf(section: string): string[] {
  const text = new RegExp(`^## ${section}$(.*?)^## `, 'ms').exec(GUIDE)![1]!;
  return text.split('\n').filter((line) => line.startsWith('curl '));
}

describe('examples/existing-kong/kong.yml', () => {
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    kinesis = await startKinesis();
    const example = parse(readFileSync('examples/existing-kong/kong.yml', 'utf8')) as KongYml;
    configurePlugin(example, 'kinesis-ingest', { endpoint: kinesis.url });
    gateway = await startGateway({ config: (kongYml) => Object.assign(kongYml, example) });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  test('an event gets into the stream', async () => {
    const answer = await postEvent(gateway.proxyUrl, { type: 'click' });
    expect(answer.status, answer.text).toBe(200);
    expect(eventOf(kinesis.calls.at(-1)!)).toMatchObject({ type: 'click', ip: '127.0.0.1' });
  });
});

describe('the examples of docs/plugin.md', () => {
  const configs = [...PLUGIN_PAGE.matchAll(/```yaml\n(_format.*?)```/gs)].map(
    ([, yaml]) => (parse(yaml!) as PluginExample).plugins[0].config,
  );
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    kinesis = await startKinesis();
    // No role to assume here.
    const routes = configs.map(({ role_arn, external_id, ...config }, i) => ({
      name: `events-${i}`,
      paths: [`/example-${i}`],
      plugins: [{ name: 'kinesis-ingest', config: { ...config, endpoint: kinesis.url } }],
    }));
    const services = [{ name: 'kinesis', url: 'https://kinesis.invalid', routes }];
    gateway = await startGateway({ config: (kongYml) => Object.assign(kongYml, { services }) });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  test('each takes an event', async () => {
    expect(configs.length).toBeGreaterThan(4);
    for (const i of configs.keys()) {
      const answer = await postEvent(`${gateway.proxyUrl}/example-${i}`, { type: 'purchase' });
      expect(answer.status, answer.text).toBe(200);
    }
    expect(kinesis.stored).toHaveLength(configs.length);
  });
});

describe('the Admin API’s commands', needs(DRIVER === 'kong-postgres', 'a Kong on Postgres'), () => {
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;

  const run = (command: string) =>
    promisify(execFile)('sh', ['-c', command.replaceAll('http://127.0.0.1:8001', gateway.adminUrl)]);

  beforeAll(async () => {
    kinesis = await startKinesis();
    gateway = await startGateway({ config: (kongYml) => Object.assign(kongYml, { services: [] }) });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  test('make a route that takes events', async () => {
    for (const command of commandsOf('The route: Admin API')) await run(command);
    await run(
      `curl --fail -X PATCH http://127.0.0.1:8001/plugins/events-kinesis -d config.endpoint=${kinesis.url}`,
    );
    await until('an event is taken', async () => (await postEvent(gateway.proxyUrl, {})).status === 200);
    expect(kinesis.stored).not.toEqual([]);
  });

  test('an example of docs/plugin.md is one of them', async () => {
    await run('curl --fail -X DELETE http://127.0.0.1:8001/plugins/events-kinesis');
    const [command] = /^curl [^`]*/m.exec(PLUGIN_PAGE)!;
    const { stdout } = await run(command);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'kinesis-ingest', config: { stream: 'clickstream' } });
  });

  test('take it out again', async () => {
    for (const command of commandsOf('Out again')) await run(command);
    await until('the route is gone', async () => (await postEvent(gateway.proxyUrl, {})).status === 404);
    const { text } = await send(`${gateway.adminUrl}/plugins`, { method: 'GET' });
    expect(JSON.parse(text).data).toEqual([]);
  });
});
