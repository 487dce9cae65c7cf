import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../pluginserver/pdk';
import { hostPlugin, pluginOf } from '../../support/pluginserver/hostPlugin';
import { kongEncode } from '../../support/pluginserver/kongProtocol';
import type { Answers, Outcome } from '../../support/pluginserver/kongSide';
import { until } from '../../support/until';

const INTERNAL_ERROR = {
  status: 500,
  body: JSON.stringify({
    error: { code: 'internal_error', message: 'the plugin failed; its log has the cause' },
  }),
  headers: { 'content-type': 'application/json; charset=utf-8' },
};
const ANSWERS: Answers = {
  'kong.client.get_forwarded_ip': '192.0.2.1',
  'kong.request.get_raw_body': { content: Buffer.from('{}') },
  'kong.request.get_headers': { host: 'example.com' },
  'kong.request.get_header': 'value',
  'kong.request.get_path': '/path',
};

/** A host with one connection, one instance started on it, and what the handler is doing. */
async function hostAccess(access: (kong: Kong) => unknown, options: Parameters<typeof hostPlugin>[1] = {}) {
  const host = await hostPlugin(pluginOf({ access }), options);
  const kong = await host.connect();
  const instance = await kong.start();
  const [end] = host.connections;
  return { host, kong, instance, end: end! };
}

function errors(host: { logged: Record<string, unknown>[] }) {
  return host.logged.filter(({ level }) => Number(level) >= 50);
}

const names = ({ calls }: Outcome) => calls.map(([name]) => name);

describe('PDK calls', () => {
  it('made in one tick travel in one write and are answered in order', async () => {
    const answers: unknown[] = [];
    const { kong, instance, end } = await hostAccess(async ({ client, request }) => {
      answers.push(
        ...(await Promise.all([
          client.getForwardedIp(),
          request.getRawBody(),
          request.getHeaders(),
          request.getPath(),
        ])),
      );
    });
    end.writes = 0;
    kong.sendEvent(instance);
    for (let i = 0; i < 8; i++) await kong.frame();
    expect(end.writes).toBe(1);

    kong.send(
      kongEncode('String', { v: '192.0.2.1' }),
      kongEncode('RawBodyResult', { content: Buffer.from('{}') }),
    );
    kong.send(kongEncode('Struct', { host: 'h' }), kongEncode('String', { v: '/path' }));
    await kong.frame();
    expect(answers).toEqual(['192.0.2.1', Buffer.from('{}'), { host: 'h' }, '/path']);
  });

  it('of getters and then setters cost two writes, the second with the end of the event', async () => {
    const { kong, instance, end } = await hostAccess(async ({ client, request, response, service }) => {
      await Promise.all([client.getForwardedIp(), request.getRawBody()]);
      await service.request.setMethod('POST');
      await service.request.setRawBody(Buffer.from('{}'));
      await response.setHeader('x-user-id', 'u-1');
    });
    for (const _ of [1, 2]) {
      end.writes = 0;
      const outcome = await kong.event(instance, ANSWERS);
      expect(outcome.end).toBe('returned');
      expect(names(outcome)).toEqual([
        'kong.client.get_forwarded_ip',
        'kong.request.get_raw_body',
        'kong.service.request.set_method',
        'kong.service.request.set_raw_body',
        'kong.response.set_header',
      ]);
      expect(end.writes).toBe(2);
    }
  });

  it('cost one more write for a large body, which arrives whole', async () => {
    const body = Buffer.alloc(1_000_000, 'x');
    const { kong, instance, end } = await hostAccess(({ service }) => service.request.setRawBody(body));
    end.writes = 0;
    const { calls } = await kong.event(instance);
    expect(Buffer.compare(calls[0]![1][0] as Buffer, body)).toBe(0);
    expect(end.writes).toBeLessThanOrEqual(2);
  });

  it('of a handler that makes none cost one write', async () => {
    const { kong, instance, end } = await hostAccess(() => undefined);
    end.writes = 0;
    expect(await kong.event(instance)).toEqual({ end: 'returned', calls: [] });
    expect(end.writes).toBe(1);
  });

  it('that set something settle at once, before Kong has even seen them', async () => {
    let settled = false;
    const { kong, instance } = await hostAccess(async ({ service, request }) => {
      await service.request.setPath('/');
      settled = true;
      await request.getPath();
    });
    kong.sendEvent(instance);
    await kong.frame();
    expect(settled).toBe(true);
  });

  it('that nobody waits for do not shift the answers of the next event', async () => {
    const paths: string[] = [];
    const { kong, instance } = await hostAccess(async ({ request }) => {
      request.getHeader('ignored').catch(() => undefined);
      if (paths.length > 0) paths.push(await request.getPath());
      else paths.push('first event');
    });
    expect((await kong.event(instance, ANSWERS)).end).toBe('returned');
    expect((await kong.event(instance, ANSWERS)).end).toBe('returned');
    expect(paths).toEqual(['first event', '/path']);
  });

  it.each([
    ['a string', 'textual body ä', 'textual body ä'],
    ['a Buffer', Buffer.from('bytes'), 'bytes'],
    ['a Uint8Array', new Uint8Array(Buffer.from('bytes')), 'bytes'],
  ])('kong.service.request.set_raw_body takes %s', async (_, body, received) => {
    const { kong, instance } = await hostAccess(({ service }) =>
      service.request.setRawBody(body as Uint8Array),
    );
    const { end, calls } = await kong.event(instance);
    expect([end, String(calls[0]![1][0])]).toEqual(['returned', received]);
    expect((await kong.event(instance)).end).toBe('returned');
  });
});

describe('answers that cannot be used', () => {
  it.each([
    ['a body that nginx spilled to a file', { bodyFilepath: '/var/tmp/0001' }, { code: 'ERR_BODY_IN_FILE' }],
    ['no body', { error: 'no body' }, { code: 'ERR_NO_BODY', message: 'no body' }],
    ['bytes that are no message', Buffer.from([0x0a, 0x7f, 0x00]), { code: 'ERR_BAD_ANSWER' }],
    ['a frame over the limit', { content: Buffer.alloc(5000) }, { code: 'ERR_ANSWER_TOO_LARGE' }],
  ])('%s: the call is rejected with a code, the event goes on', async (_, answer, error) => {
    const seen: unknown[] = [];
    const { kong, instance } = await hostAccess(
      async ({ request, response }) => {
        const both = await Promise.allSettled([request.getRawBody(), request.getPath()]);
        seen.push(...both.map((result) => (result.status === 'rejected' ? result.reason : result.value)));
        await response.setStatus(201);
      },
      { maxFrameBytes: 4096 },
    );
    const outcome = await kong.event(instance, { ...ANSWERS, 'kong.request.get_raw_body': answer });
    expect(outcome).toMatchObject({ end: 'returned', calls: [{}, {}, ['kong.response.set_status', [201]]] });
    expect(seen).toEqual([expect.objectContaining(error), '/path']);
    expect((await kong.event(instance, ANSWERS)).end).toBe('returned');
  });
});

describe('kong.response.exit', () => {
  it('ends the event: no RpcReturn follows, the connection is left to Kong', async () => {
    const { host, kong, instance, end } = await hostAccess(async ({ response, service }) => {
      await response.exit(403, 'no', { 'x-a': 'b' });
      await service.request.setPath('/after').catch(() => undefined);
    });
    const outcome = await kong.event(instance);
    expect(outcome).toMatchObject({
      end: 'exit',
      exit: { status: 403, body: 'no', headers: { 'x-a': 'b' } },
    });
    await host.roundTrip();
    expect(kong.unread).toEqual([]);
    expect(kong.closed).toBe(false);
    expect(end.busy).toBe(false);
  });

  it('makes the server deaf to whatever still comes on that connection', async () => {
    let events = 0;
    const { host, kong, instance } = await hostAccess(async ({ request, response }) => {
      events++;
      request.getPath().catch(() => undefined);
      await response.exit(204);
    });
    await kong.event(instance, ANSWERS);
    kong.send(kongEncode('String', { v: 'late answer' }), Buffer.from('garbage'));
    kong.sendEvent(instance);
    await host.roundTrip();
    expect([events, kong.unread, kong.closed]).toEqual([1, [], false]);
  });

  it('rejects the getters that are still open with ERR_EVENT_OVER', async () => {
    const seen: unknown[] = [];
    const { host, kong, instance } = await hostAccess(async ({ request, response }) => {
      request.getPath().catch((error) => seen.push(error));
      await response.exit(204);
    });
    kong.sendEvent(instance);
    await host.roundTrip();
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_EVENT_OVER' })]);
  });

  it.each([
    ['no body', [403], ''],
    ['null as its body', [403, null], ''],
    ['text', [403, 'tëxt'], 'tëxt'],
    ['bytes', [403, Buffer.from('bytes')], 'bytes'],
    ['an object, which Kong would write as JSON', [403, { message: 'no' }], '{"message":"no"}'],
  ])('with %s is answered as asked', async (_, args, body) => {
    const { kong, instance } = await hostAccess(({ response }) => response.exit(...(args as [number])));
    expect(await kong.event(instance)).toMatchObject({ end: 'exit', exit: { status: 403, body } });
  });
});

describe('arguments that cannot be sent', () => {
  const circular: Record<string, never> = {};
  Object.assign(circular, { circular });

  it.each([
    ['kong.response.exit', ({ response }: Kong) => response.exit(403, 'no', circular)],
    ['kong.service.request.set_headers', ({ service }: Kong) => service.request.setHeaders(circular)],
    ['kong.service.request.set_raw_body', ({ service }: Kong) => service.request.setRawBody(42 as never)],
  ])('never let the request pass, not even where nobody waits for %s', async (_, call) => {
    const { kong, instance } = await hostAccess((pdk) => {
      call(pdk).catch(() => undefined);
    });
    expect(await kong.event(instance)).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
  });

  it('to a getter reject its promise and leave the event to the plugin', async () => {
    const { kong, instance } = await hostAccess(async ({ request }) => {
      await expect(request.getHeaders(10n as never)).rejects.toThrow('kong.request.get_headers');
      await request.getPath();
    });
    expect(await kong.event(instance, ANSWERS)).toMatchObject({ end: 'returned' });
  });
});

describe('a plugin that fails', () => {
  const cases: [string, (kong: Kong) => unknown, string[]][] = [
    [
      'throws at once',
      () => {
        throw new Error('kaput');
      },
      [],
    ],
    [
      'throws at once, after calls',
      ({ service, request }) => {
        request.getPath().catch(() => undefined);
        service.request.setPath('/').catch(() => undefined);
        throw new Error('kaput');
      },
      ['kong.request.get_path', 'kong.service.request.set_path'],
    ],
    ['rejects before any call', () => Promise.reject(new Error('kaput')), []],
    [
      'rejects after an answer',
      async ({ request }) => {
        throw new Error(`kaput ${await request.getPath()}`);
      },
      ['kong.request.get_path'],
    ],
    [
      'rejects while an answer is awaited',
      async ({ request }) => {
        request.getPath().catch(() => undefined);
        await Promise.reject(new Error('kaput'));
      },
      ['kong.request.get_path'],
    ],
    [
      'throws no error at all',
      () => {
        throw undefined;
      },
      [],
    ],
    [
      'does not catch what a call throws',
      async ({ request }) => void (await request.getRawBody()),
      ['kong.request.get_raw_body'],
    ],
  ];

  it.each(cases)(
    '%s: one exit with 500 internal_error, logged once, not closed by us',
    async (_, access, calls) => {
      const { host, kong, instance, end } = await hostAccess(access);
      const outcome = await kong.event(instance, {
        ...ANSWERS,
        'kong.request.get_raw_body': { bodyFilepath: '/var/tmp/0001' },
      });
      expect(outcome).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
      expect(names(outcome)).toEqual([...calls, 'kong.response.exit']);
      await host.roundTrip();
      expect([kong.unread, kong.closed, end.busy]).toEqual([[], false, false]);
      expect(errors(host)).toHaveLength(1);
      if (access !== cases[5]![1])
        expect(errors(host)[0]).toMatchObject({
          phase: 'access',
          err: { stack: expect.stringContaining('Error') },
        });
    },
  );

  it('after its exit changes nothing any more', async () => {
    const { host, kong, instance } = await hostAccess(async ({ response }) => {
      await response.exit(204);
      throw new Error('too late');
    });
    const outcome = await kong.event(instance);
    expect([names(outcome), outcome.exit?.status]).toEqual([['kong.response.exit'], 204]);
    await host.roundTrip();
    expect([kong.unread, kong.closed]).toEqual([[], false]);
  });

  it('to end is answered when the limit is reached, and its later calls go nowhere', async () => {
    const seen: unknown[] = [];
    const { host, kong, instance, end } = await hostAccess(
      async ({ request }) => {
        await delay(60);
        seen.push(await request.getPath().catch((error) => error));
      },
      { phaseTimeoutMs: 20 },
    );
    const outcome = await kong.event(instance);
    expect(outcome).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
    expect(end.busy).toBe(false);
    await until('the handler has made its call', () => seen.length > 0);
    await host.roundTrip();
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_EVENT_OVER' })]);
    expect([names(outcome), kong.unread, kong.closed]).toEqual([['kong.response.exit'], [], false]);
    expect(errors(host)).toMatchObject([{ err: { message: 'the access phase has not ended in 20 ms' } }]);
  });

  it('to end while Kong owes it an answer is answered too', async () => {
    const { kong, instance } = await hostAccess(({ request }) => request.getPath(), { phaseTimeoutMs: 20 });
    kong.sendEvent(instance);
    const frames = [await kong.frame(), await kong.frame(), await kong.frame()].map(String);
    expect(frames).toEqual(['kong.request.get_path', '', 'kong.response.exit']);
  });
});

describe('calls after the event', () => {
  it('are refused with ERR_EVENT_OVER and never reach the wire, not even in the next event', async () => {
    let earlier: Kong | undefined;
    const seen: unknown[] = [];
    const { host, kong, instance } = await hostAccess(async (current) => {
      if (earlier === undefined) earlier = current;
      else {
        const calls = [
          earlier.request.getHeader('secret'),
          earlier.service.request.setPath('/stray'),
          earlier.response.exit(500),
        ];
        seen.push(...(await Promise.allSettled(calls)));
        await current.request.getPath();
      }
    });
    expect((await kong.event(instance)).calls).toEqual([]);
    const outcome = await kong.event(instance, ANSWERS);
    expect(outcome).toEqual({ end: 'returned', calls: [['kong.request.get_path', []]] });
    const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_EVENT_OVER' }) };
    expect(seen).toEqual([refused, refused, refused]);
    await host.roundTrip();
    expect(kong.unread).toEqual([]);
  });
});
