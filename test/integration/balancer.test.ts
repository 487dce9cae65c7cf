/** The balancer of docker-compose.yml, run by the machine's own HAProxy. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Balancer, startBalancer } from '../support/balancer';
import { DASHBOARD_EXPRESSIONS, metricsOf, readRules } from '../support/deploy/askedMetrics';
import { isInstalled, run } from '../support/deploy/commands';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { startSenders } from '../support/senders';
import { type StandInNode, startStandInNode } from '../support/standInNode';
import { until } from '../support/until';

describe('balancer', needs(isInstalled('haproxy', '-v'), 'haproxy'), () => {
  let one: StandInNode;
  let other: StandInNode;
  let balancer: Balancer;

  beforeEach(async () => {
    one = await startStandInNode();
    other = await startStandInNode();
    balancer = await startBalancer([one, other]);
  });

  afterEach(async () => {
    await balancer?.stop();
    await one?.close();
    await other?.close();
  });

  const bothUp = () =>
    until('both nodes are up', async () => {
      const states = await Promise.all(['kong/kong-1', 'kong/kong-2'].map(balancer.stateOf));
      return states.every((state) => state === 'UP');
    });

  test('its configuration is valid', () => {
    expect(run('haproxy', ['-c', '-f', 'deploy/haproxy/haproxy.cfg'])).toMatch(/Configuration file is valid/);
  });

  test('tells the client’s address itself, whatever the client says of it', async () => {
    const claims = {
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
    };
    await postEvent(balancer.url, {}, claims, '127.0.0.9');
    const [request] = [...one.requests, ...other.requests];
    expect(request!.headers['x-forwarded-for']).toBe('127.0.0.9');
    expect(request!.headers['x-forwarded-proto']).toBe('http');
    expect(JSON.stringify(request!.headers)).not.toMatch(/6\.6\.6\.6|evil/);
  });

  test('exports what alerts and dashboard ask of it', async () => {
    const asked = metricsOf([...readRules().map(({ expr }) => expr), ...DASHBOARD_EXPRESSIONS]);
    const names = asked.filter((name) => name.startsWith('haproxy_'));
    expect(names.length).toBeGreaterThan(2);
    const exported = await balancer.metrics();
    expect(names.filter((name) => !exported.includes(`\n${name}{proxy="kong"`))).toEqual([]);
  });

  test('spreads events over both nodes', async () => {
    await bothUp();
    for (let i = 0; i < 20; i++) await postEvent(balancer.url, { i });
    expect(one.requests.length).toBeGreaterThan(0);
    expect(other.requests.length).toBeGreaterThan(0);
  });

  test('logs neither query strings nor headers', async () => {
    await send(`${balancer.url}/events?uid=secret-1`, {
      headers: { cookie: 'user_id=secret-2', referer: 'http://a/?secret-3' },
      body: '"secret-4"',
    });
    await until('the request is logged', () => balancer.output.includes('"path":"/events"'));
    expect(balancer.output).not.toContain('secret');
    const line = balancer.output.split('\n').find((each) => each.includes('"path"'))!;
    expect(JSON.parse(line)).toMatchObject({ client: '127.0.0.1', method: 'POST', status: 200 });
  });

  test('a node that stops under load costs no event', async () => {
    await bothUp();
    const senders = startSenders(balancer.url, { name: 'draining' });
    await until('events flow through both', () => one.requests.length > 50 && other.requests.length > 50);
    await one.quit();
    const seen = other.requests.length;
    await until('the other node takes all', () => other.requests.length > seen + 300);
    await senders.stop();
    expect(Object.keys(senders.outcomes)).toEqual(['200']);
    const stored = new Set([...one.requests, ...other.requests].map(({ body }) => JSON.parse(body).id));
    expect(senders.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    await until(
      'the node is known to be down',
      async () => (await balancer.stateOf('kong/kong-1')) === 'DOWN',
    );
  });

  test('an event that a node takes and doesn’t answer is tried at the other', async () => {
    await bothUp();
    one.breakConnections();
    for (let i = 0; i < 20; i++) expect((await postEvent(balancer.url, { i })).status).toBe(200);
    expect(other.requests).toHaveLength(20);
  });

  test('an event that a node answers with 500 is tried at the other', async () => {
    await bothUp();
    one.status.event = 500;
    for (let i = 0; i < 20; i++) expect((await postEvent(balancer.url, { i })).status).toBe(200);
    expect(other.requests).toHaveLength(20);
  });

  test('with no node ready, as without Postgres, both get events still, and are shown as down', async () => {
    await bothUp();
    one.status.node = other.status.node = 503;
    await until('both are down', async () => {
      const states = await Promise.all(['kong/kong-1', 'kong/kong-2'].map(balancer.stateOf));
      return states.every((state) => state === 'DOWN');
    });
    for (let i = 0; i < 20; i++) expect((await postEvent(balancer.url, { i })).status).toBe(200);
    expect(one.requests.length).toBeGreaterThan(0);
    expect(other.requests.length).toBeGreaterThan(0);
    one.status.node = other.status.node = 200;
    await bothUp();
  });

  test('with no node there, its own answer is a refusal that a page’s script may read', async () => {
    await bothUp();
    await Promise.all([one.quit(), other.quit()]);
    const answer = await postEvent(balancer.url, {}, { origin: 'https://www.example.com' });
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ error: { code: 'gateway_unavailable' } });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'retry-after': '1',
      'access-control-allow-origin': 'https://www.example.com',
      'access-control-allow-credentials': 'true',
    });
  });

  test('a node that isn’t ready gets no events until it is', async () => {
    await bothUp();
    one.status.node = 503;
    await until('it is down', async () => (await balancer.stateOf('kong/kong-1')) === 'DOWN');
    const before = one.requests.length;
    for (let i = 0; i < 10; i++) expect((await postEvent(balancer.url, { i })).status).toBe(200);
    expect(one.requests).toHaveLength(before);
    one.status.node = 200;
    await bothUp();
    await until('it takes events again', async () => {
      await postEvent(balancer.url, {});
      return one.requests.length > before;
    });
  });

  test('a node whose plugin server is away gets no events while the other’s is there', async () => {
    await bothUp();
    other.status.pluginServer = 503;
    await until(
      'it is known',
      async () => (await balancer.stateOf('plugin-servers/plugin-server-2')) === 'DOWN',
    );
    const before = other.requests.length;
    for (let i = 0; i < 10; i++) await postEvent(balancer.url, { i });
    expect(other.requests).toHaveLength(before);
    // With both away it spreads on: each node answers for itself.
    one.status.pluginServer = 503;
    await until(
      'it is known',
      async () => (await balancer.stateOf('plugin-servers/plugin-server-1')) === 'DOWN',
    );
    for (let i = 0; i < 10; i++) expect((await postEvent(balancer.url, { i })).status).toBe(200);
    expect(other.requests.length).toBeGreaterThan(before);
  });
});
