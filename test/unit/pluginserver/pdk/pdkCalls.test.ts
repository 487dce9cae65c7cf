/** PDK calls on the wire: how many writes they cost, and whose answer is whose. */

import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { ANSWERS, hostAccess, names } from '../../../support/pluginserver/hostAccess';
import { kongEncode } from '../../../support/pluginserver/kongProtocol';

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
