import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as luaKinds from '../../../../front/lua/format';
import { MAGIC } from '../../../../pluginserver/front/eventFrame';
import * as kinds from '../../../../pluginserver/front/kinds';
import type { Kong } from '../../../../pluginserver/pdk';
import { createWorkBudget } from '../../../../pluginserver/workBudget';
import { eventFrame } from '../../../support/pluginserver/frontSide';
import { answered, FAILED, hostFront, READS, VALUES } from '../../../support/pluginserver/hostFront';

it('both sides mean the same by the same numbers', () => {
  const { MAGIC: magic, ...numbers } = luaKinds;
  expect({ ...kinds }).toEqual({ ...numbers });
  expect(Buffer.from(magic).readUInt32LE()).toBe(MAGIC);
});

describe('an event', () => {
  it('gives the plugin what its frame carries', async () => {
    let got: unknown[] = [];
    const { event } = await hostFront(async ({ client, nginx, request }) => {
      got = await Promise.all([
        client.getForwardedIp(),
        nginx.getVar('request'),
        request.getHeaders(1000),
        request.getRawBody(),
      ]);
    });
    expect(await event()).toEqual({ id: 1, kind: 'c', calls: [] });
    const [ip, line, headers, body] = got as [string, string, Record<string, unknown>, Buffer];
    expect([ip, line, body.toString()]).toEqual(['192.0.2.1', 'POST /events HTTP/1.1', '{"type":"click"}']);
    expect(Object.entries(headers)).toEqual([
      ['host', 'example.com'],
      ['x-two', ['a', 'b']],
      ['__proto__', '1'],
    ]);
  });

  it.each<[string, [string, string], unknown]>([
    ['one', ['j', '{"id":"c","custom_id":"7","username":null}'], { id: 'c', customId: '7' }],
    ['none', ['z', ''], undefined],
  ])('gives the plugin Kong’s consumer, with the PDK’s names: %s', async (_, value, expected) => {
    const reads = { access: ['kong.client.get_consumer'] };
    let got: unknown = 'nothing';
    const { event } = await hostFront(async ({ client }) => {
      got = await client.getConsumer();
    });
    await event({ reads, values: [value] });
    expect(got).toEqual(expected);
  });

  it.each([1, 3, 7])('comes whole from pieces of %i bytes, one after the other', async (size) => {
    const bodies: string[] = [];
    const { kong } = await hostFront(
      async ({ request }) => void bodies.push(String(await request.getRawBody())),
    );
    for (const body of ['first', 'second'.repeat(500)]) {
      const frame = eventFrame({ config: '{}', reads: READS, values: [...VALUES.slice(0, 3), ['s', body]] });
      for (let at = 0; at < frame.length; at += size) kong.socket.write(frame.subarray(at, at + size));
      expect(await kong.reply()).toEqual({ id: 1, kind: 'c', calls: [] });
    }
    expect(bodies).toEqual(['first', 'second'.repeat(500)]);
  });

  it.each([
    ['', 'a body'],
    ['large', 'é'.repeat(100_000)],
  ])('sends its calls back in order, with a %s body after them', async (_, text) => {
    const body = Buffer.from(text);
    const { event } = await hostFront(async ({ service, response, ctx, log }) => {
      await service.setTarget('127.0.0.1', 9000);
      await service.request.setHeaders({ host: 'k', cookie: [], 'x-two': ['a', 'b'] });
      await ctx.shared.set('key', { a: true });
      await response.setStatus(201);
      await log.err('one', 2, null);
      await service.request.setRawBody(body);
    });
    expect((await event()).calls).toEqual([
      ['kong.service.set_target', '127.0.0.1', 9000],
      ['kong.service.request.set_headers', { host: 'k', cookie: [], 'x-two': ['a', 'b'] }],
      ['kong.ctx.shared.set', 'key', { a: true }],
      ['kong.response.set_status', 201],
      ['kong.log.err', 'one2null'],
      ['kong.service.request.set_raw_body', text],
    ]);
  });

  it('ends with kong.response.exit, after which nothing counts', async () => {
    let late: unknown;
    const { event } = await hostFront(async ({ response, service }) => {
      await response.exit(200, { stored: true }, { 'x-user-id': 'u' });
      late = await service.request.setPath('/').catch(({ code }: { code: string }) => code);
    });
    expect((await event()).calls).toEqual([
      [
        'kong.response.exit',
        200,
        '{"stored":true}',
        { 'content-type': 'application/json; charset=utf-8', 'x-user-id': 'u' },
      ],
    ]);
    expect(late).toBe('ERR_EVENT_OVER');
    expect((await event()).calls).toHaveLength(1);
  });

  it.each<[string, (kong: Kong) => unknown, RegExp]>([
    ['throws', () => Promise.reject(new Error('of its own')), /of its own/],
    [
      'calls a setter with what it does not take',
      ({ service }) => service.request.setPath(1 as never),
      /set_path/,
    ],
    ['reads what no frame carries', ({ nginx }) => nginx.getVar('uri'), /get_var uri.*Reads/],
  ])('is a 500 where the plugin %s, with the cause in the log', async (_, access, cause) => {
    const { event, host } = await hostFront(access);
    expect(answered(await event())).toEqual(FAILED);
    expect(JSON.stringify(host.logged)).toMatch(cause);
    expect(answered(await event())).toEqual(FAILED);
  });

  it('is a 500 where it does not end in time', async () => {
    const { event } = await hostFront(() => new Promise(() => undefined), { phaseTimeoutMs: 20 });
    expect(answered(await event())).toEqual(FAILED);
  });

  it.each<[string, [string, string], string]>([
    ['in a file', ['f', ''], 'ERR_BODY_IN_FILE'],
    ['beyond the frame', ['o', ''], 'ERR_ANSWER_TOO_LARGE'],
    ['beyond the limit', ['s', 'x'.repeat(1001)], 'ERR_ANSWER_TOO_LARGE'],
    ['that Kong cannot read', ['e', 'no body in this phase'], 'ERR_NO_BODY'],
  ])('rejects a body %s', async (_, value, code) => {
    let got: unknown;
    const access = async ({ request }: Kong) => {
      got = await request.getRawBody().catch((error: { code: string }) => error.code);
    };
    const { event } = await hostFront(access, { maxFrameBytes: 1000 });
    await event({ values: [...VALUES.slice(0, 3), value] });
    expect(got).toBe(code);
  });
});

describe('the connection is closed, with the reason in the log,', () => {
  it.each<[string, Buffer, RegExp]>([
    [
      'for a field that is cut off',
      Buffer.from('FRN2\x01\0\0\0\x06\0\0\0s\x09\0\0\0x', 'latin1'),
      /within a field/,
    ],
    [
      'for a frame without a configuration',
      Buffer.from('FRN2\x01\0\0\0\x05\0\0\0s\0\0\0\0', 'latin1'),
      /without name/,
    ],
    ['for a front of another version', Buffer.from('FRN1\x05\0\0\0s\0\0\0\0'), /of another version/],
  ])('%s', async (_, bytes, reason) => {
    const { kong, host } = await hostFront(() => undefined);
    kong.socket.write(bytes);
    await kong.closed;
    expect(JSON.stringify(host.logged)).toMatch(reason);
    expect(host.logged.filter(({ level }) => Number(level) >= 40)).toHaveLength(1);
  });
});

it('holds nothing of the frames that come behind one that is malformed', async () => {
  const budget = createWorkBudget(1_000_000);
  const { kong, host } = await hostFront(() => undefined, { budget });
  const good = eventFrame({ config: '{}', reads: READS, values: VALUES });
  const bad = Buffer.from('FRN2\x01\0\0\0\x05\0\0\0s\0\0\0\0', 'latin1');
  kong.socket.write(Buffer.concat([good, bad, good, good]));
  await kong.closed;
  await expect.poll(() => host.connections[0]!.socket.closed).toBe(true);
  expect(budget.used).toBe(0);
});

describe('a server that stops', () => {
  it('says BYE once, and leaves it to Kong to close the connection', async () => {
    const { kong, event, host } = await hostFront(() => undefined);
    await event();
    host.connections[0]!.drain();
    host.connections[0]!.drain();
    expect((await kong.reply()).kind).toBe('b');
    expect(await event({ id: 2 })).toEqual({ id: 2, kind: 'c', calls: [] });
    kong.socket.end();
    await kong.closed;
  });

  it('says BYE after ten thousand events, so that connections move to idle workers', async () => {
    const { kong, event } = await hostFront(() => undefined);
    for (let i = 0; i < 10_000; i++) expect((await event()).kind).toBe('c');
    expect((await kong.reply()).kind).toBe('b');
  });

  it('answers what runs after its BYE', async () => {
    let finish: () => void = () => undefined;
    const { kong, host } = await hostFront(() => new Promise<void>((resolve) => (finish = resolve)));
    kong.socket.write(eventFrame({ config: '{}', reads: READS, values: VALUES }));
    await expect.poll(() => host.connections[0]!.runningEvents).toBe(1);
    host.connections[0]!.drain();
    expect((await kong.reply()).kind).toBe('b');
    finish();
    expect(await kong.reply()).toEqual({ id: 1, kind: 'c', calls: [] });
  });

  it('ends a connection that has said nothing yet', async () => {
    const { host } = await hostFront(() => undefined);
    const socket = net.connect(host.socketPath);
    onTestFinished(() => void socket.destroy());
    await expect.poll(() => host.connections.length).toBe(2);
    host.connections[1]!.drain();
    await new Promise((resolve) => socket.on('close', resolve).resume());
  });
});

it('takes calls over ProtoBuf:1 on the same socket', async () => {
  const { host, event } = await hostFront(() => undefined);
  await event();
  const kong = await host.connect();
  expect(await kong.event(await kong.start())).toEqual({ end: 'returned', calls: [] });
});
