/** Loading a kong.yml through the Admin API, against a small stand-in for it. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entitiesOf } from '../../../tools/loadKongYml/entities';
import { loadKongYml } from '../../../tools/loadKongYml/loadKongYml';

const KONG_YML = `
_format_version: "3.0"
services:
  - name: kinesis
    url: http://kinesis.invalid
    routes:
      - name: events
        paths: [/events]
        plugins:
          - name: rate-limiting
            instance_name: events-rate
            config: { second: 600, policy: local }
          - name: key-auth
consumers:
  - username: shop
    keyauth_credentials: [{ key: a secret/key }]
plugins:
  - name: kinesis-ingest
    route: events
    config: { region: "{vault://env/aws-region}" }
`;

let server: ReturnType<typeof createServer>;
let adminUrl: string;
/** What the stand-in holds, by path. */
let stored: Map<string, Record<string, unknown>>;
let writes: string[];
let refuseAt: string | undefined;
let refusal: { status: number; body: string } | undefined;

beforeEach(async () => {
  stored = new Map();
  writes = [];
  refuseAt = undefined;
  refusal = undefined;
  server = createServer(async (incoming, outgoing) => {
    const answer = (status: number, body: unknown) =>
      void outgoing.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    const { url, method } = incoming as { url: string; method: string };
    if (url === '/status') return answer(200, {});
    if (method === 'GET') return answer(stored.has(url) ? 200 : 404, stored.get(url) ?? {});
    if (refusal !== undefined) return answer(refusal.status, refusal.body);
    if (url === refuseAt) return answer(500, '{"message":"no"}');
    writes.push(`${method} ${url}`);
    stored.set(url, JSON.parse(await text(incoming)));
    return answer(200, stored.get(url));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function load(options: { force?: boolean; kongYml?: string } = {}): Promise<string[]> {
  const lines: string[] = [];
  await loadKongYml({
    kongYml: KONG_YML,
    adminUrl,
    settleMs: 0,
    report: (line) => lines.push(line),
    ...options,
  });
  return lines;
}

describe('loading into an empty database', () => {
  test('creates each entity after those that it refers to', async () => {
    await load();
    expect(writes).toEqual([
      'PUT /services/kinesis',
      'PUT /routes/events',
      'PUT /consumers/shop',
      'PUT /consumers/shop/key-auth/a%20secret%2Fkey',
      'PUT /plugins/events-rate',
      expect.stringMatching(/^PUT \/plugins\/[0-9a-f-]{36}$/),
      expect.stringMatching(/^PUT \/plugins\/[0-9a-f-]{36}$/),
      'PUT /routes/events',
    ]);
    expect(new Set(writes).size).toBe(writes.length - 1);
  });

  test('opens a route only when its plugins are there', async () => {
    refuseAt = '/plugins/events-rate';
    await expect(load()).rejects.toThrow();
    expect(stored.get('/routes/events')).toMatchObject({
      hosts: [expect.stringMatching(/^[0-9a-f-]{36}\.not-yet-open\.invalid$/)],
    });
    refuseAt = undefined;
    expect(await load()).toContain('routes/events: created');
    expect(stored.get('/routes/events')).not.toHaveProperty('hosts');
  });

  test('stores nested entities with what they were nested in, and vault references as they are', async () => {
    await load();
    expect(stored.get('/routes/events')).toEqual({
      name: 'events',
      paths: ['/events'],
      service: { name: 'kinesis' },
    });
    expect(stored.get('/plugins/events-rate')).toMatchObject({ route: { name: 'events' } });
    const ingest = [...stored.values()].find(({ name }) => name === 'kinesis-ingest');
    expect(ingest).toMatchObject({
      route: { name: 'events' },
      config: { region: '{vault://env/aws-region}' },
    });
  });

  test('reports each entity without the secrets', async () => {
    const lines = await load();
    expect(lines).toContain('plugins/events-rate: created');
    expect(lines).toContain('key of consumers/shop: created');
    expect(lines.join()).not.toContain('secret');
  });
});

describe('loading again', () => {
  test('writes nothing', async () => {
    await load();
    writes.length = 0;
    expect(await load()).toContain('plugins/events-rate: is there');
    expect(writes).toEqual([]);
  });

  test('creates only what is missing', async () => {
    await load();
    stored.delete('/plugins/events-rate');
    writes.length = 0;
    await load();
    expect(writes).toEqual(['PUT /plugins/events-rate']);
  });

  test('leaves a tuned limit alone and names the field', async () => {
    await load();
    stored.get('/plugins/events-rate')!.config = { second: 5, policy: 'local', hour: null };
    expect(await load()).toContain(
      'plugins/events-rate: left as it is; differs from the file in config.second (--force replaces it)',
    );
    expect(stored.get('/plugins/events-rate')).toMatchObject({ config: { second: 5 } });
  });

  test('puts the file’s limit back when forced', async () => {
    await load();
    stored.get('/plugins/events-rate')!.config = { second: 5 };
    expect(await load({ force: true })).toContain('plugins/events-rate: replaced');
    expect(stored.get('/plugins/events-rate')).toMatchObject({ config: { second: 600 } });
  });
});

describe('failures', () => {
  test.each([
    [400, '{"message":"schema violation (second: expected a number)"}', /expected a number/],
    [405, '{"message":"no"}', /runs without a database/],
    [502, 'no JSON', /no JSON/],
  ])('names the entity and the reason of a %i', async (status, body, reason) => {
    refusal = { status, body };
    const loading = load();
    await expect(loading).rejects.toThrow(reason);
    await expect(loading).rejects.toThrow(new RegExp(`^services/kinesis: Kong answers ${status}`));
  });

  test('says where no Admin API answers', async () => {
    server.closeAllConnections();
    server.close();
    await expect(load()).rejects.toThrow(/no Admin API at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  });

  test('waits for an Admin API that comes later', async () => {
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const loading = loadKongYml({ kongYml: KONG_YML, adminUrl, settleMs: 0, waitMs: 10_000 });
    server.listen(port, '127.0.0.1');
    await loading;
    expect(stored.size).toBe(7);
  });

  test.each([
    ['services: [', /line 1/],
    ['[]', /expected a mapping/],
    ['services: []', /_format_version/],
    ['_format_version: "3.0"\nupstreams: []', /^upstreams: only/],
    ['_format_version: "3.0"\nservices: [{url: "http://a"}]', /services: an entry has no name/],
    ['_format_version: "3.0"\nplugins: {name: cors}', /plugins: expected a list/],
  ])('refuses %j before anything is written', (kongYml, reason) => {
    expect(() => entitiesOf(kongYml)).toThrow(reason);
  });
});
