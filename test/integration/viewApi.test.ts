/** The live view's API: what docs/view-openapi.yaml promises, its switches, and who may use it. */

import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { configurePlugin } from '../../testkit/kongYml';
import { postEvent, refusalOf, send } from '../support/http';
import { until } from '../support/until';
import { useMicro } from '../support/view/useMicro';

const openapi = parse(readFileSync('docs/view-openapi.yaml', 'utf8')) as {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>;
};

/** What is wrong with an answer by the document; null where all is right. */
function faultsOf(path: string, method: string, status: number, body: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(openapi as object, 'api');
  const given = openapi.paths[path]![method]!.responses[String(status)]!;
  const at = given.$ref ?? `#/paths/${path.replaceAll('/', '~1')}/${method}/responses/${status}`;
  const pointer = `api${at}/content/application~1json/schema`;
  const validate = ajv.compile({ $ref: pointer.replaceAll('{', '%7B').replaceAll('}', '%7D') });
  validate(body);
  return validate.errors ?? null;
}

const view = useMicro((kongYml) =>
  configurePlugin(kongYml, 'kinesis-ingest', { delivery: 'batch', deadline_ms: 1_000 }),
);
const post = (event: unknown) => postEvent(view.micro.gateway.proxyUrl, event);

describe('asking', () => {
  test('takes outcome, members and text, and answers as documented', async () => {
    await post({ type: 'track', event: 'A', properties: { sku: 'L-01', n: 1 } });
    await post({ type: 'track', event: 'B', properties: { sku: 'L-02', n: 2 } });
    await post('nonsense');
    const namesOf = async (query: string) => (await view.events(`/events?${query}`)).map(({ name }) => name);
    expect(await namesOf('outcome=stored')).toEqual(['A', 'B']);
    expect(await namesOf('outcome=refused,failed')).toEqual(['POST /events']);
    expect(await namesOf('where=properties.sku=L-02')).toEqual(['B']);
    expect(await namesOf('where=properties.n=1&where=type=track')).toEqual(['A']);
    expect(await namesOf('where=properties.n=1&where=event=B')).toEqual([]);
    expect(await namesOf('where=user_id=nobody')).toEqual([]);
    expect(await namesOf('q=NONSENSE')).toEqual(['POST /events']);
    expect(await namesOf('q=invalid_json')).toEqual(['POST /events']);
    expect(await namesOf('limit=1')).toEqual(['POST /events']);

    const list = await view.ask('/events');
    expect(faultsOf('/events', 'get', 200, list.json())).toBeNull();
    const { events } = list.json() as { events: { id: number }[] };
    const one = await view.ask(`/events/${events[0]!.id}`);
    expect(one.json()).toEqual(events[0]);
    expect(faultsOf('/events/{id}', 'get', 200, one.json())).toBeNull();
    expect((await view.ask('/events/999999')).status).toBe(404);
  });

  test.each(['outcome=lost', 'where=nothing', 'where==x', 'limit=0', 'limit=1001', 'colour=red'])(
    'refuses %s',
    async (query) => {
      const answer = await view.ask(`/events?${query}`);
      expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(faultsOf('/events', 'get', 400, answer.json())).toBeNull();
    },
  );

  test('forgets all on DELETE', async () => {
    await post({ type: 'x' });
    expect((await view.ask('/events', 'DELETE')).status).toBe(204);
    expect(await view.events('/events')).toEqual([]);
    expect(await view.counts()).toMatchObject({ stored: 0, total: 0 });
  });
});

describe('waiting', () => {
  test('ends as soon as there are enough', async () => {
    const waiting = view.ask('/events/wait?count=2&where=type=wanted&timeout_ms=30000');
    await post({ type: 'other' });
    await post([{ type: 'wanted' }, { type: 'wanted' }]);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect((answer.json() as { events: unknown[] }).events).toHaveLength(2);
    expect(faultsOf('/events/wait', 'get', 200, answer.json())).toBeNull();
  });

  test('says how many there were when the time is over', async () => {
    await post({ type: 'x' });
    const answer = await view.ask('/events/wait?count=2&timeout_ms=50');
    expect(refusalOf(answer)).toEqual({ status: 504, code: 'timeout', message: '1 of 2 events after 50 ms' });
    expect(faultsOf('/events/wait', 'get', 504, answer.json())).toBeNull();
  });
});

describe('switches', () => {
  const state = async () => (await view.ask('/switches')).json();

  test('a throttling Kinesis: events wait, and are told so; then they are stored again', async () => {
    await view.ask('/switches', 'PATCH', { kinesis: 'throttles' });
    const posting = post({ type: 'x' });
    await until('it waits', async () => (await view.counts()).waiting === 1);
    expect((await posting).status).toBe(429);
    const [event] = await view.events('/events/wait');
    expect(event).toMatchObject({ outcome: 'throttled', status: 429, code: 'throttled', record: null });
    await view.ask('/switches', 'PATCH', { kinesis: 'up' });
    expect((await post({ type: 'x' })).status).toBe(200);
  });

  test.each(['down', 'times_out'])('a Kinesis that is %s: events fail', async (kinesis) => {
    await view.ask('/switches', 'PATCH', { kinesis });
    expect(await state()).toMatchObject({ kinesis });
    expect((await post({ type: 'x' })).status).toBe(503);
    const [event] = await view.events('/events/wait?outcome=failed');
    expect(event).toMatchObject({ status: 503, record: null });
    await view.ask('/switches', 'PATCH', { kinesis: 'up' });
    await until('it is up again', async () => (await post({ type: 'x' })).status === 200);
  });

  test('a gateway that is down takes no connection, and is back at its port', async () => {
    const answer = await view.ask('/switches', 'PATCH', { gateway: 'down' });
    expect(faultsOf('/switches', 'patch', 200, answer.json())).toBeNull();
    await expect(post({ type: 'x' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await view.ask('/switches', 'PATCH', { gateway: 'up' });
    expect((await post({ type: 'x' })).status).toBe(200);
  });

  test('the limit changes while it runs, and its refusals show the event that nobody read', async () => {
    onTestFinished(async () => void (await view.ask('/switches', 'PATCH', { limit: { second: 600 } })));
    await view.ask('/switches', 'PATCH', { limit: { second: 1 } });
    expect(await state()).toMatchObject({ limit: { second: 1, hour: 100_000, minute: null } });
    await until('one is over the limit', async () => (await post({ type: 'one more' })).status === 429);
    const [event] = await view.events('/events/wait?outcome=throttled');
    expect(event).toMatchObject({
      code: 'http_429',
      reason: 'API rate limit exceeded',
      sent: '{"type":"one more"}',
      name: 'one more',
    });
  });

  test.each([
    [{}, 400],
    [{ gateway: 'off' }, 400],
    [{ kinesis: 'slow' }, 400],
    [{ other: 1 }, 400],
    [{ limit: { second: 0 } }, 400],
    [{ limit: { second: 100_001 } }, 400],
  ])('refuse %j', async (change, status) => {
    const before = await state();
    const answer = await view.ask('/switches', 'PATCH', change);
    expect(answer.status, answer.text).toBe(status);
    expect(faultsOf('/switches', 'patch', status, answer.json())).toBeNull();
    expect(await state()).toEqual(before);
  });
});

describe('access', () => {
  test.each(['evil.test', 'evil.test:8080', '127.0.0.1.evil.test', 'localhost.evil.test'])(
    'refuses the host "%s", as after DNS rebinding',
    async (host) => {
      const answer = await view.ask('/events', 'GET', undefined, { host });
      expect(refusalOf(answer)).toMatchObject({ status: 403, code: 'unknown_host' });
    },
  );

  test.each(['localhost', '127.0.0.1:1', '[::1]:8080', 'view.localhost:80'])(
    'takes the host %s',
    async (host) => {
      expect((await view.ask('/events', 'GET', undefined, { host })).status).toBe(200);
    },
  );

  test.each(['GET', 'DELETE', 'PATCH'])(
    'refuses a %s of another origin, and gives it no leave',
    async (method) => {
      const path = method === 'PATCH' ? '/switches' : '/events';
      const body = method === 'PATCH' ? { gateway: 'down' } : undefined;
      const answer = await view.ask(path, method, body, { origin: 'http://localhost:5173' });
      expect(refusalOf(answer)).toMatchObject({ status: 403, code: 'foreign_origin' });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(await (await view.ask('/switches')).json()).toMatchObject({ gateway: 'up' });
    },
  );

  test.each([
    ['an image', 'cross-site', 'no-cors', 403],
    ['a script of another port’s page', 'same-site', 'no-cors', 403],
    ['a link', 'cross-site', 'navigate', 200],
    ['its own page', 'same-origin', 'cors', 200],
    ['a person', 'none', 'navigate', 200],
  ])('asked by %s (%s, %s) answers %i', async (_, site, mode, status) => {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
    expect((await view.ask('/events', 'GET', undefined, headers)).status).toBe(status);
  });

  test('says in each answer what its page may do', async () => {
    const { headers } = await view.ask('/');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

test.each([
  ['a name that leads to this machine', { host: 'evil.example' }],
  ['another origin', { origin: 'http://evil.example' }],
])('the Admin API refuses pages of %s', async (_, headers) => {
  const url = `${view.micro.gateway.adminUrl}/plugins/events-kinesis`;
  const body = JSON.stringify({ config: { max_events: 499 } });
  const change = (more: object) =>
    send(url, { method: 'PATCH', headers: { 'content-type': 'application/json', ...more }, body });
  expect((await change(headers)).status).toBe(403);
  expect((await send(url, { method: 'GET', headers })).status).toBe(403);
  expect((await change({})).json()).toMatchObject({ config: { max_events: 499 } });
});
